/* Unsaved input is not lost: kept in this tab for the account that typed it, put back when the page comes again, forgotten when
   the server has done it or somebody leaves. A form with data-keep (its name) takes part; passwords and hidden fields never do.
   Of each field that was touched, what stood there before is kept too: where the server shows something else by now, it wins. */
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
  const kept = (form) => JSON.parse(store.getItem(key(form)) || "{}");
  const isMark = (field) => field.type === "checkbox" || field.type === "radio";
  const fields = (form) => [...form.elements].filter((f) => f.name && !["hidden", "password", "submit", "button", "file"].includes(f.type));
  /* by data-field, else by name; of several with one name a mark by its value, another by its place among them */
  const named = (form) => {
    const count = {};
    return fields(form).map((f) => {
      const name = f.dataset.field || f.name;
      const place = (count[name] = (count[name] || 0) + 1);
      return [isMark(f) ? `${name}=${f.value}` : `${name}#${place}`, f];
    });
  };
  const stood = (f) => {
    if (isMark(f)) return f.defaultChecked;
    if (f.tagName === "SELECT") return ([...f.options].find((o) => o.defaultSelected) || f.options[0])?.value ?? "";
    return f.defaultValue;
  };
  const stands = (f) => (isMark(f) ? f.checked : f.value);

  const put = (form) => {
    const values = kept(form);
    let back = 0;
    named(form).forEach(([name, field]) => {
      const one = values[name];
      if (!one || one.stood !== stood(field)) return;
      if (isMark(field)) field.checked = one.typed; else field.value = one.typed;
      back += 1;
    });
    if (!back) return;
    const note = form.querySelector("[data-kept]");
    if (note) note.hidden = false;
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const look = () => document.querySelectorAll("form[data-keep]").forEach((form) => { if (!form.dataset.looked) { form.dataset.looked = "1"; put(form); } });

  document.addEventListener("input", (e) => {
    const form = e.target.form;
    if (!form?.matches("[data-keep]") || !e.isTrusted) return;
    const values = kept(form);
    named(form).forEach(([name, field]) => {
      if (stands(field) === stood(field)) delete values[name];
      else values[name] = { stood: stood(field), typed: stands(field) };
    });
    if (Object.keys(values).length) store.setItem(key(form), JSON.stringify(values)); else store.removeItem(key(form));
  });
  /* the form says its name as it is sent; the page that follows an act says which was done */
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!form.dataset.keep || form.elements.kept) return;
    const name = Object.assign(document.createElement("input"), { type: "hidden", name: "kept", value: form.dataset.keep });
    form.append(name);
  });
  const forget = () => document.querySelectorAll("[data-done]").forEach((part) => store.removeItem(`${own}${part.dataset.done}`));
  const begin = () => { forget(); look(); };
  document.addEventListener("htmx:after:swap", begin);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
})();
