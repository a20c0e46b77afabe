// Puts a LeadFlow form into any page:
//   <script src="https://leads.example.com/embed.js" data-form="CODE" async></script>
// The form stands in an iframe of its own origin. This script passes on where the visitor is, follows
// the form's height, and says `leadflow:submitted` on the script's place when it was sent.
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script || !script.dataset.form) return;
  var origin = new URL(script.src).origin;
  var address = new URL("/f/" + encodeURIComponent(script.dataset.form) + "/", origin);
  address.searchParams.set("embed", "1");
  address.searchParams.set("lf_page", location.href.slice(0, 500));
  new URLSearchParams(location.search).forEach(function (value, key) {
    if (/^(utm_|gclid$|fbclid$)/.test(key)) address.searchParams.set(key, value.slice(0, 200));
  });

  var frame = document.createElement("iframe");
  frame.src = address.href;
  frame.title = script.dataset.title || "Form";
  frame.setAttribute("scrolling", "no");
  frame.style.cssText = "width:100%;height:320px;border:0;display:block;color-scheme:normal";
  script.parentNode.insertBefore(frame, script);

  window.addEventListener("message", function (event) {
    if (event.source !== frame.contentWindow || event.origin !== origin) return;
    var told = event.data;
    if (!told || told.leadflow !== 1) return;
    if (told.type === "height" && told.h > 0 && told.h < 20000) frame.style.height = told.h + "px";
    if (told.type === "submitted") submitted(told.redirect);
  });

  function submitted(redirect) {
    var detail = { form: script.dataset.form };
    frame.dispatchEvent(new CustomEvent("leadflow:submitted", { bubbles: true, detail: detail }));
    if (redirect && /^https?:\/\//i.test(redirect)) location.assign(redirect);
  }
})();
