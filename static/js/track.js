// LeadFlow's tracker: which pages are read and for how long, which forms are begun, what is downloaded, and
// what a product reports by leadflow.track(name, props). One beacon when the page is left.
//   <script src="https://leads.example.com/track.js" async></script>
// Without consent nothing is stored in the browser. Global Privacy Control and Do Not Track end it all.
(function () {
  "use strict";
  var policy = "LEADFLOW", script = document.currentScript, early = window.leadflow && window.leadflow.q;
  var ID = "leadflow:visitor", VISIT = "leadflow:visit", CONSENT = "leadflow:consent", TOUCH = "leadflow:touch";
  var PARAMS = /^(utm_(source|medium|campaign|term|content|id)|gclid|gbraid|wbraid|dclid|fbclid|msclkid|li_fat_id|ttclid|twclid|epik|rdt_cid|yclid)$/;
  var FILES = /\.(pdf|docx?|xlsx?|pptx?|csv|zip|epub|mp[34])$/i;
  var SILENCE = 1800e3, IDLE = 30e3, MOST = 40;
  var quiet = navigator.globalPrivacyControl === true || navigator.doNotTrack === "1" || window.doNotTrack === "1";
  var acts = [], visit = null, page = null, answer = stored(CONSENT);

  var api = {
    track: function (name, props) { add("product.used", { n: String(name), p: props || {} }); },
    page: function () { left(); opened(); },
    consent: function (said) {
      answer = said === "granted" || said === true ? "yes" : "no";
      if (answer === "no") forgetAll();
      if (!quiet) store(CONSENT, answer);
      if (knows()) { remember(); keepVisit(); }
      document.dispatchEvent(new CustomEvent("leadflow:consent", { detail: { answer: answer } }));
    },
    asks: function () { return policy.mode === "id" && !quiet && answer === null; },
    visitor: function () { return knows() ? visitorId() : ""; },
    visit: function () { return knows() ? visit.key : ""; },
    touch: function () { return touch(); },
    form: function (code, what) { if (what === "view" || what === "start") add(what === "view" ? "form.viewed" : "form.started", { f: code }); },
    flush: send
  };

  // --- whether, and who --------------------------------------------------------------------------------
  function off() { return policy.mode === "off" || quiet || (policy.mode === "id" && answer === "no"); }
  function knows() { return policy.mode === "id" && answer === "yes" && !quiet; }
  function stored(key) { try { return localStorage.getItem(key); } catch (e) { return null; } }
  function store(key, value) { try { localStorage.setItem(key, value); } catch (e) { /* a browser that keeps nothing */ } }
  function forgetAll() { [ID, VISIT, TOUCH].forEach(function (key) { try { localStorage.removeItem(key); } catch (e) { /* nothing was kept */ } }); acts = []; }
  function random(bytes) {
    return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), function (one) { return (one + 256).toString(16).slice(1); }).join("");
  }
  function visitorId() { var id = stored(ID); if (!id) store(ID, (id = random(16))); return id; }

  // --- the touch that brought this visit -----------------------------------------------------------------
  function params() {
    var found = {};
    new URLSearchParams(location.search).forEach(function (value, key) { if (PARAMS.test(key)) found[key] = value.slice(0, 200); });
    return found;
  }
  function isElsewhere(address) { try { return !!address && new URL(address).host !== location.host; } catch (e) { return false; } }
  function begin() {
    var now = Date.now(), utm = params(), old = null;
    try { old = knows() && JSON.parse(stored(VISIT)); } catch (e) { old = null; }
    var brings = Object.keys(utm).length > 0 && (!old || JSON.stringify(old.utm) !== JSON.stringify(utm));
    if (old && old.key && now - old.last < SILENCE && !brings) visit = old;
    else visit = { key: random(8), landing: location.href.slice(0, 1000), ref: isElsewhere(document.referrer) ? document.referrer.slice(0, 1000) : "", utm: utm };
    keepVisit();
    if (knows()) remember();
  }
  function keepVisit() { visit.last = Date.now(); if (knows()) store(VISIT, JSON.stringify(visit)); }
  // What brought her last survives navigation and later visits without a campaign, until she sends a form.
  function remember() {
    if (Object.keys(visit.utm).length || visit.ref) store(TOUCH, JSON.stringify({ utm: visit.utm, ref: visit.ref, landing: visit.landing }));
  }
  function touch() {
    if (Object.keys(visit.utm).length || !knows()) return { utm: visit.utm, ref: visit.ref };
    try { return JSON.parse(stored(TOUCH)) || visit; } catch (e) { return visit; }
  }

  // --- what is done -----------------------------------------------------------------------------------------
  function add(kind, more) {
    if (off()) return;
    var act = { i: random(8), k: kind, at: Date.now(), u: location.href.slice(0, 1000) };
    for (var key in more) act[key] = more[key];
    acts.push(act);
    if (acts.length >= MOST) send();
  }
  function opened() { page = { at: Date.now(), url: location.href, title: document.title, engaged: 0, active: Date.now(), ticking: Date.now(), isTold: false }; }
  // Time counts while the tab is shown and something was moved, typed or scrolled in the last half minute.
  function count() {
    var now = Date.now(), until = Math.min(now, page.active + IDLE);
    if (page.ticking !== null && until > page.ticking) page.engaged += until - page.ticking;
    page.ticking = document.visibilityState === "visible" ? now : null;
  }
  function active() { count(); page.active = Date.now(); if (page.ticking === null) page.ticking = page.active; }
  function left() {
    count();
    var seconds = Math.round(page.engaged / 100) / 10;
    page.engaged = 0;
    if (page.isTold && seconds < 1) return;
    add(page.isTold ? "page.engaged" : "page.viewed", { at: page.at, u: page.url.slice(0, 1000), t: page.title.slice(0, 200), c: topic(page.url), s: seconds });
    page.isTold = true;
  }
  function topic(url) {
    var said = script && script.dataset.topic;
    return said || new URL(url).pathname.split("/").filter(Boolean)[0] || "";
  }
  function clicked(event) {
    var link = event.target.closest && event.target.closest("a[href]");
    if (link && (link.hasAttribute("download") || FILES.test(link.pathname))) add("file.downloaded", { u: link.href.slice(0, 1000), t: (link.textContent || "").trim().slice(0, 200), c: link.pathname.split("/").pop() });
    else if (link && !link.target && link.origin === location.origin && event.button === 0) { left(); send(); }
  }
  function send() {
    if (!acts.length || off()) { acts = []; return; }
    var now = Date.now();
    var told = acts.splice(0, 50).map(function (act) { var one = Object.assign({}, act, { a: now - act.at }); delete one.at; return one; });
    keepVisit();
    var body = JSON.stringify({ v: 1, who: knows() ? visitorId() : "", visit: visit.key, landing: visit.landing, ref: visit.ref, utm: visit.utm, acts: told });
    if (!(navigator.sendBeacon && navigator.sendBeacon(policy.to, body))) fetch(policy.to, { method: "POST", mode: "no-cors", keepalive: true, credentials: "omit", body: body }).catch(function () {});
  }

  // --- beginning --------------------------------------------------------------------------------------------
  begin();
  window.leadflow = api;
  opened();
  ["pointermove", "pointerdown", "keydown", "scroll", "touchstart"].forEach(function (name) { addEventListener(name, active, { passive: true, capture: true }); });
  addEventListener("click", clicked, true);
  addEventListener("auxclick", clicked, true);
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden") { left(); send(); } else active();
  });
  addEventListener("pagehide", function () { left(); send(); });
  (early || []).forEach(function (call) { if (api[call[0]]) api[call[0]].apply(api, [].slice.call(call, 1)); });
  document.dispatchEvent(new CustomEvent("leadflow:ready"));
  banner();

  // The question on pages of ours; another site asks in its own way and calls leadflow.consent().
  function banner() {
    var box = document.querySelector(".lf-ask");
    if (!box || !api.asks()) return;
    box.hidden = false;
    box.addEventListener("click", function (event) {
      var said = event.target.closest("[data-consent]");
      if (!said) return;
      api.consent(said.dataset.consent);
      box.hidden = true;
    });
  }
})();
