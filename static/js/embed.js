// Puts a LeadFlow form into any page:
//   <script src="https://leads.example.com/embed.js" data-form="CODE" async></script>
// stands where the script stands; data-as="popup" opens in a dialog and data-as="slide-in" in a corner.
// A link or button with data-leadflow-open="CODE" opens either; by itself they open as the page asks with
// data-after="SECONDS", data-scroll="PERCENT" or data-exit. data-once="visit" (or a number of days) lets
// this browser remember that the form was closed or sent; without it nothing is stored.
// The form stands in an iframe of its own origin. This script passes on where the visitor is, follows the
// form's height, and says `leadflow:submitted` in the page when it was sent. It sets no style attribute
// and no inline style, so a page under `style-src 'self'` shows it as it is.
(function () {
  "use strict";
  var script = document.currentScript;
  var PARAMS = /^(utm_(source|medium|campaign|term|content|id)|gclid|gbraid|wbraid|dclid|fbclid|msclkid|li_fat_id|ttclid|twclid|epik|rdt_cid|yclid)$/;
  var LOOK =
    ":host { all: initial } dialog, section { box-sizing: border-box; margin: auto; padding: 0; border: 1px solid #d4d4d8; border-radius: 12px; background: #fff; color: #18181b; box-shadow: 0 16px 48px rgb(0 0 0 / .24); font: 500 16px/24px system-ui, sans-serif }" +
    "dialog { width: min(560px, calc(100vw - 24px)); max-height: calc(100dvh - 24px); overflow: auto } dialog::backdrop { background: rgb(0 0 0 / .5) }" +
    "section { position: fixed; z-index: 2147483000; inset-block-end: 16px; inset-inline-end: 16px; width: min(400px, calc(100vw - 32px)); max-height: calc(100dvh - 32px); overflow: auto } section[hidden] { display: none }" +
    "header { position: sticky; top: 0; z-index: 1; display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 8px 8px 0 16px; background: inherit }" +
    "h2 { margin: 0; min-width: 0; font: inherit; overflow-wrap: anywhere } button { flex: none; width: 44px; height: 44px; padding: 0; border: 0; border-radius: 8px; background: none; color: inherit; font: 400 24px/1 system-ui, sans-serif; cursor: pointer } button:hover { background: #f4f4f5 } button:focus-visible { outline: 2px solid #18181b; outline-offset: -4px }" +
    "@media (prefers-reduced-motion: no-preference) { dialog[open], section:not([hidden]) { animation: lf .18s ease-out } @keyframes lf { from { opacity: 0; transform: translateY(16px) } } }";
  if (!script || !script.dataset.form) return;
  var told = script.dataset;
  var origin = new URL(script.src).origin;
  var frame = framed();
  var place = frame;
  var box = null;
  var slot = "leadflow:" + told.form + ":seen";
  var canOpen = "adoptedStyleSheets" in Document.prototype && "showModal" in HTMLDialogElement.prototype;
  window.addEventListener("message", heard);
  if (told.as !== "popup" && told.as !== "slide-in") {
    script.parentNode.insertBefore(frame, script);
    follow();
  } else if (canOpen) { // an older browser follows the link to the form's own page
    document.addEventListener("click", asked);
    byItself();
  }

  function framed() {
    var made = document.createElement("iframe");
    made.title = told.title || "Form";
    made.setAttribute("scrolling", "no");
    made.style.cssText = "width:100%;height:320px;border:0;display:block;color-scheme:normal";
    return made;
  }

  // What the tracker of this page knows, where the visitor agreed: who she is, and what brought her. Both
  // scripts load as they please, so this one waits a moment for the other.
  function follow() {
    if (tracker() || !hasTracker()) return load();
    var late = setTimeout(load, 1500);
    document.addEventListener("leadflow:ready", function () { clearTimeout(late); load(); }, { once: true });
  }
  function hasTracker() { return document.querySelector('script[src$="/track.js"]') !== null; }
  function tracker() { return window.leadflow && window.leadflow.visitor ? window.leadflow : null; }

  function load() {
    if (frame.src) return;
    var address = new URL(told.preview || "/f/" + encodeURIComponent(told.form) + "/", origin);
    address.searchParams.set("embed", "1");
    address.searchParams.set("lf_page", location.href.slice(0, 500));
    address.searchParams.set("lf_ref", document.referrer.slice(0, 500));
    new URLSearchParams(location.search).forEach(function (value, key) {
      if (PARAMS.test(key)) address.searchParams.set(key, value.slice(0, 200));
    });
    var known = tracker();
    if (known && known.visitor()) {
      address.searchParams.set("lf_visitor", known.visitor());
      address.searchParams.set("lf_visit", known.visit());
      var utm = known.touch().utm;
      for (var key in utm) if (!address.searchParams.has(key)) address.searchParams.set(key, utm[key]);
    }
    frame.src = address.href;
  }

  function heard(event) {
    if (event.source !== frame.contentWindow || event.origin !== origin) return;
    var said = event.data;
    if (!said || said.leadflow !== 1) return;
    if (said.type === "height" && said.h > 0 && said.h < 20000) frame.style.height = said.h + "px";
    if (said.type === "escape") close();
    if (said.type === "submitted") submitted(said.redirect);
    if (said.type === "form" && window.leadflow && window.leadflow.form) window.leadflow.form(told.form, said.what);
  }

  function submitted(redirect) {
    var detail = { form: told.form };
    remember();
    place.dispatchEvent(new CustomEvent("leadflow:submitted", { bubbles: true, detail: detail }));
    if (redirect && /^https?:\/\//i.test(redirect)) location.assign(redirect);
  }

  // --- a dialog, or a panel in the corner --------------------------------------------------------

  function asked(event) {
    var opener = event.target.closest && event.target.closest("[data-leadflow-open]");
    if (!opener || opener.dataset.leadflowOpen !== told.form || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
    if (told.as === "slide-in") box.querySelector("button").focus();
  }

  function built() {
    var sheet = new CSSStyleSheet();
    sheet.replaceSync(LOOK);
    place = document.createElement("div");
    var root = place.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    var head = document.createElement("header");
    var name = document.createElement("h2");
    var shut = document.createElement("button");
    name.textContent = frame.title;
    shut.type = "button";
    shut.textContent = "\u00d7";
    shut.setAttribute("aria-label", told.close || "Close");
    shut.addEventListener("click", close);
    head.append(name, shut);
    box = document.createElement(told.as === "popup" ? "dialog" : "section");
    box.setAttribute("aria-label", frame.title);
    box.hidden = told.as !== "popup";
    box.addEventListener("keydown", function (event) { if (event.key === "Escape" && told.as !== "popup") close(); });
    box.addEventListener("click", function (event) { if (event.target === box && told.as === "popup") close(); });
    box.addEventListener("close", remember); // however the dialog was closed
    box.append(head, frame);
    root.append(box);
    document.body.append(place);
  }

  // showModal() keeps the focus inside, closes on Esc and gives the focus back.
  function open() {
    if (!box) built();
    follow();
    if (told.as !== "popup") box.hidden = false;
    else if (!box.open) box.showModal();
  }

  function close() {
    if (!box) return;
    if (told.as === "popup") return box.close();
    box.hidden = true;
    remember();
  }

  // --- opening by itself: once on a page, and not again where the browser may remember it -----------

  function byItself() {
    if (isRemembered()) return;
    var once = function () { if (!box && !isRemembered()) open(); };
    var seconds = parseFloat(told.after);
    var percent = parseFloat(told.scroll);
    if (seconds >= 0) setTimeout(once, seconds * 1000);
    if (percent > 0) {
      addEventListener("scroll", function () {
        var rest = document.documentElement.scrollHeight - innerHeight;
        if (rest <= 0 || scrollY / rest >= percent / 100) once();
      }, { passive: true });
    }
    if ("exit" in told) {
      document.documentElement.addEventListener("mouseleave", function (event) { if (event.clientY <= 0) once(); });
    }
  }

  // Only where the page allows it, and where its tracker has no visitor who did not agree.
  function store() {
    if (!told.once || (hasTracker() && !(tracker() && tracker().visitor()))) return null;
    try { return told.once === "visit" ? sessionStorage : localStorage; } catch (error) { return null; }
  }
  function remember() {
    if (!box || !store()) return;
    try { store().setItem(slot, String(Date.now())); } catch (error) { /* full or refused: it opens again */ }
  }
  function isRemembered() {
    var at = store() && Number(store().getItem(slot));
    return Boolean(at) && (told.once === "visit" || Date.now() - at < parseFloat(told.once) * 864e5);
  }
})();
