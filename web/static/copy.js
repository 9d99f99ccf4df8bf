// Buttons that copy: <button type="button" data-copy="text" hidden>Copy</button>. They are shown where copying works.
"use strict";

(() => {
  const SHOWN = 2000; // milliseconds for which a button says that it has copied

  function show() {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (!button || button.dataset.word) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    button.dataset.word = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = button.dataset.word;
      delete button.dataset.word;
    }, SHOWN);
  });
  document.addEventListener("htmx:after:swap", show);
  show();
})();
