// Keeps the shown times, the title of the tab and its icon up to date, and wakes what is polled. Every page works
// without it.
"use strict";

(() => {
  const SLOW = 30_000; // milliseconds between two polls of a tab that is hidden
  const polled = new WeakMap();
  let woken = "";
  let seen = "";

  const bot = () => document.getElementById("bot");

  // "38 s", or "1:05 min" for more than a minute and a half, as the server writes the first.
  const left = (seconds) =>
    seconds <= 0 ? "" : seconds < 90 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`;

  const secondsTo = (text) => Math.round((Date.parse(text) - Date.now()) / 1000);

  function countDown() {
    for (const time of document.querySelectorAll("time[data-countdown]")) {
      const text = left(secondsTo(time.dateTime)) || "a moment";
      if (time.textContent !== text) time.textContent = text;
    }
  }

  function setTitle() {
    const panel = bot();
    const time = panel?.querySelector("time[data-countdown]");
    const mark = (time && left(secondsTo(time.dateTime))) || panel?.dataset.mark || "";
    const plain = document.title.replace(/^\([^)]*\) /, "");
    const title = mark ? `(${mark}) ${plain}` : plain;
    if (document.title !== title) document.title = title;
  }

  function setIcon() {
    const link = document.querySelector("link[rel=icon]");
    const wanted = bot()?.dataset.icon || link?.dataset.usual;
    if (!link) return;
    link.dataset.usual ||= link.getAttribute("href");
    if (wanted && link.getAttribute("href") !== wanted) link.setAttribute("href", wanted);
  }

  const wake = () => {
    for (const part of document.querySelectorAll("[hx-trigger*=wake]")) window.htmx?.trigger(part, "wake");
  };

  // Once for each `until`: the server may need a moment longer, and polls go on anyway.
  function wakeInTime() {
    const until = bot()?.dataset.until || "";
    if (until && until !== woken && secondsTo(until) <= 0) {
      woken = until;
      wake();
    }
  }

  // The panel asks for its whole page: the other part of it is asked for once the panel shows something new. A hidden
  // tab does not wait with that, or the part would be older than the panel.
  function tellNews() {
    const shown = bot()?.getAttribute("hx-get") || "";
    if (seen && shown !== seen) {
      for (const part of document.querySelectorAll("[hx-trigger*=news]")) {
        polled.delete(part);
        window.htmx?.trigger(part, "news");
      }
    }
    seen = shown;
  }

  function tellZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const field of document.querySelectorAll("[data-zone]")) {
      delete field.dataset.zone;
      const known = field.tagName !== "SELECT" || [...field.options].some((option) => option.value === zone);
      if (zone && known) field.value = zone;
    }
  }

  function tick() {
    countDown();
    setTitle();
    setIcon();
    wakeInTime();
  }

  // A hidden tab asks seldom. What it missed comes when it is shown again.
  document.addEventListener("htmx:before:request", (event) => {
    const part = event.target;
    if (!part.getAttribute?.("hx-trigger")?.includes("every")) return;
    if (document.hidden && Date.now() - (polled.get(part) || 0) < SLOW) event.preventDefault();
    else polled.set(part, Date.now());
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) wake();
  });
  document.addEventListener("htmx:after:swap", () => {
    tellNews();
    tellZone();
    tick();
  });
  tellNews();
  tellZone();
  tick();
  setInterval(tick, 1000);
})();
