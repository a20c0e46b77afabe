// Works out the proof that a form may ask for: the number behind a hash (ALTCHA's first protocol). It begins
// with the first touch, so it is mostly done when the form is sent. Needs https, as browsers hash nowhere else.
const running = new WeakMap();

export function beginProof(form) {
  if (!form.dataset.proof || running.has(form) || !globalThis.crypto?.subtle) return;
  running.set(form, solve(JSON.parse(form.dataset.proof)).catch(() => ""));
}

export async function proved(form) {
  if (!form.dataset.proof) return {};
  beginProof(form);
  return { lf_proof: (await running.get(form)) ?? "" };
}

async function solve({ algorithm, challenge, maxnumber, salt, signature }) {
  const text = new TextEncoder();
  for (let number = 0; number <= maxnumber; number += 1) {
    const hash = await crypto.subtle.digest("SHA-256", text.encode(salt + number));
    if (hex(hash) === challenge) return JSON.stringify({ algorithm, challenge, number, salt, signature });
  }
  return "";
}

const hex = (bytes) => Array.from(new Uint8Array(bytes), (one) => one.toString(16).padStart(2, "0")).join("");
