/* Unsaved input is not lost: kept in this tab for the account that typed it, put back when the page comes again, forgotten when
   it was sent or somebody leaves. A form with data-keep (its name) takes part; passwords and hidden fields never do. */
(() => {
  "use strict";
  const account = document.body.dataset.account;
  const prefix = "doudi:kept:";
  const store = (() => { try { return window.sessionStorage; } catch { return null; } })();
  if (!store) return;

  const clear = (but) => Object.keys(store).filter((k) => k.startsWith(prefix) && !(but && k.startsWith(but))).forEach((k) => store.removeItem(k));
  document.addEventListener("submit", (e) => { if (e.target.hasAttribute("data-forgets")) clear(); });
  if (document.body.hasAttribute("data-forget")) clear();
  if (!account) return;
  const own = `${prefix}${account}:`;
  clear(own);  /* somebody else worked in this tab before */

  const key = (form) => `${own}${form.dataset.keep}`;
  const fields = (form) => [...form.elements].filter((f) => f.name && !["hidden", "password", "submit", "button", "file"].includes(f.type));
  const names = (form) => fields(form).map((f, i) => [`${i}:${f.name}`, f]);

  const put = (form) => {
    const kept = store.getItem(key(form));
    if (!kept) return;
    const values = JSON.parse(kept);
    let back = false;
    names(form).forEach(([name, field]) => {
      if (!(name in values)) return;
      if (field.type === "checkbox" || field.type === "radio") field.checked = values[name];
      else if (field.value !== values[name]) { field.value = values[name]; back = true; }
    });
    const note = form.querySelector("[data-kept]");
    if (note && back) note.hidden = false;
    if (back) form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const look = () => document.querySelectorAll("form[data-keep]").forEach((form) => { if (!form.dataset.looked) { form.dataset.looked = "1"; put(form); } });

  document.addEventListener("input", (e) => {
    const form = e.target.closest?.("form[data-keep]");
    if (!form || !e.isTrusted) return;
    store.setItem(key(form), JSON.stringify(Object.fromEntries(names(form).map(([name, f]) => [name, f.type === "checkbox" || f.type === "radio" ? f.checked : f.value]))));
  });
  /* what the server has done is forgotten: the page that follows an act names the form in data-done */
  document.querySelectorAll("[data-done]").forEach((part) => store.removeItem(`${own}${part.dataset.done}`));
  document.addEventListener("htmx:after:swap", look);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", look); else look();
})();
