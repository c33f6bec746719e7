/* Behaviour of every page, without inline code. What comes later by htmx is looked after too: listeners sit on the document. */
(() => {
  "use strict";
  const $ = (s, r = document) => r.querySelector(s);
  const $$ = (s, r = document) => [...r.querySelectorAll(s)];

  /* large type: kept in this browser, so that the server writes the next page large from the start */
  document.addEventListener("click", (e) => {
    const button = e.target.closest("[data-large]");
    if (!button) return;
    const on = button.getAttribute("aria-pressed") !== "true";
    document.documentElement.classList.toggle("large", on);
    $$("[data-large]").forEach((b) => b.setAttribute("aria-pressed", String(on)));
    document.cookie = `doudi_large=${on ? 1 : 0}; path=/; max-age=31536000; samesite=lax`;
    window.dispatchEvent(new Event("resize"));
  });

  /* “/” searches, Alt+1…9 find a place, Ctrl+Enter presses the main button of the form one is in */
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey && e.key === "Enter") {
      const form = e.target.closest("form");
      const buttons = form ? [...form.elements].filter((b) => b.matches("button:not([type=button], [type=reset], :disabled)")) : [];
      const seen = buttons.filter((b) => b.offsetParent && !b.hasAttribute("aria-hidden"));
      const main = seen.find((b) => b.classList.contains("btn-primary")) || (seen.length === 1 ? seen[0] : null);
      if (main) { e.preventDefault(); form.requestSubmit(main); }
      return;
    }
    if (e.altKey && e.key >= "1" && e.key <= "9") {
      const place = $$(".side > a")[Number(e.key) - 1];
      if (place) { e.preventDefault(); place.focus(); }
    }
    if (e.key === "/" && !e.target.closest("input, textarea, select, [contenteditable]")) {
      const find = $(".find") || $("form[role=search] input:not([type=hidden])");
      if (find && find.offsetParent) { e.preventDefault(); find.focus(); find.select(); }
    }
  });

  /* definitions: opened by click or keyboard, closed by Esc or a click elsewhere */
  const Popover = window.tabler?.Popover || window.tabler?.bootstrap?.Popover;
  const closeAll = (but) => $$(".def").forEach((b) => { if (b !== but) Popover?.getInstance(b)?.hide(); });
  document.addEventListener("click", (e) => {
    if (!Popover) return;
    const button = e.target.closest(".def");
    if (!e.target.closest(".popover")) closeAll(button);
    if (!button || Popover.getInstance(button)) return;
    const content = document.createElement("div");
    content.textContent = button.dataset.def;
    if (button.dataset.link) {
      const link = document.createElement("a");
      link.href = button.dataset.link;
      link.textContent = button.dataset.linkText;
      content.append(document.createElement("br"), link);
    }
    new Popover(button, { content, html: true, title: button.dataset.title, trigger: "click", placement: "bottom", container: "body" }).show();
  });
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") closeAll(null); });

  /* a folder is sent with the path of each file beside its name, in their order */
  document.addEventListener("change", (e) => {
    const field = e.target.closest("input[data-paths]");
    if (field) document.getElementById(field.dataset.paths).value = [...field.files].map((f) => f.webkitRelativePath || f.name).join("\n");
  });

  /* a table that scrolls sideways can be reached and moved by keyboard */
  const reach = () => $$(".tw, .tlwrap").forEach((t) => {
    if (t.scrollWidth > t.clientWidth + 1) {
      t.tabIndex = 0;
      t.setAttribute("role", "region");
      const title = t.closest(".card")?.querySelector("h2")?.textContent.trim() || document.title;
      t.setAttribute("aria-label", t.dataset.label || `${title} ${document.body.dataset.scrolls || ""}`);  /* not the card's own name */
    } else ["tabindex", "role", "aria-label"].forEach((name) => t.removeAttribute(name));
  });

  /* a drawing of days opens at its end, which is today's */
  const atEnd = (root) => $$(".tlwrap", root).forEach((t) => { t.scrollLeft = t.scrollWidth; });

  /* dialogs: data-dialog names one; data-fill-… of the button go into its fields and its [data-show=…] */
  document.addEventListener("click", (e) => {
    const opener = e.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      $$("form", dialog).forEach((form) => form.reset());
      Object.entries(opener.dataset).forEach(([key, value]) => {
        if (!key.startsWith("fill")) return;
        const name = key[4].toLowerCase() + key.slice(5);
        $$(`[name="${name}"]`, dialog).forEach((field) => { field.value = value; });
        $$(`[data-show="${name}"]`, dialog).forEach((part) => { part.textContent = value; });
      });
      dialog.showModal();
    }
    if (e.target.closest("dialog [data-close]")) e.target.closest("dialog").close();
    if (e.target.closest("[data-print]")) window.print();
  });

  /* a form is sent once: a second click while the answer is on its way does nothing */
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.method !== "post" || form.target === "_blank" || form.hasAttribute("data-hx-post") || form.hasAttribute("hx-post")) return;
    if (e.submitter?.hasAttribute("data-file")) { e.submitter.closest("dialog")?.close(); return; } // a file leaves the page where it is
    if (form.dataset.sent) { e.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => $$("button:not([type=button])", form).forEach((b) => { b.setAttribute("aria-disabled", "true"); }), 0);
  });
  window.addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    $$("[aria-disabled]", form).forEach((b) => b.removeAttribute("aria-disabled"));
  }));

  /* what is chosen in a row of a form with data-ticks ticks the row */
  document.addEventListener("input", (e) => {
    const box = e.target.type !== "checkbox" && e.target.closest("form[data-ticks] tr")?.querySelector("input[type=checkbox]");
    if (box) box.checked = true;
  });

  /* selects of a query form that ask at once */
  document.addEventListener("change", (e) => { if (e.target.matches("[data-asks]")) e.target.form.requestSubmit(); });

  /* selection: checkboxes of a table, the sum of their data-fen, the bar above */
  const money = (fen) => `${fen < 0 ? "−" : ""}${Math.floor(Math.abs(fen) / 100).toLocaleString("en-US")}.${String(Math.abs(fen) % 100).padStart(2, "0")}`;
  const select = () => {
    const bar = $(".bulk:has([data-count])"), boxes = $$("tbody input[type=checkbox][name]:not(:disabled)"), all = $("thead input[data-all]");
    if (!bar) return;
    const on = boxes.filter((b) => b.checked);
    const count = $("[data-count]", bar), sum = $("[data-sum]", bar);
    if (count) count.textContent = on.length;
    if (sum) sum.textContent = money(on.reduce((s, b) => s + Number(b.dataset.fen || 0), 0));
    $$("button", bar).forEach((b) => { b.disabled = !on.length; });
    if (all) { all.indeterminate = on.length > 0 && on.length < boxes.length; all.checked = on.length > 0 && on.length === boxes.length; }
  };
  document.addEventListener("change", (e) => {
    if (e.target.matches("thead input[data-all]")) $$("tbody input[type=checkbox][name]:not(:disabled)").forEach((b) => { b.checked = e.target.checked; });
    if (e.target.matches("input[type=checkbox]")) select();
  });

  /* what must not stay in sight: hidden again after data-hides seconds */
  const hide = (root) => $$("[data-hides]", root).forEach((part) => {
    setTimeout(() => { part.textContent = part.dataset.masked || ""; }, Number(part.dataset.hides) * 1000);
  });

  const look = (root) => {
    reach();
    atEnd(root);
    select();
    hide(root);
    const focus = $("[data-focus]", root);
    if (focus) focus.focus();
  };
  window.addEventListener("resize", reach);
  document.addEventListener("htmx:after:swap", (e) => look(e.target instanceof Element ? e.target : document));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => look(document)); else look(document);
})();
