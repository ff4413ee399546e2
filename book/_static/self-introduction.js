// The worksheet of the page on self-introductions as a form: eight answers become introductions of
// 30, 60 and 90 seconds, timed and checked while the reader types. The rules are those of the page's
// own code (tests/test_self_introduction.py holds both to one another). Nothing is sent anywhere; a
// draft is kept in this browser, under KEY, and nowhere else.

"use strict";

{
  const KEY = "knowledge-hub:self-introduction";
  const RATE = { usual: 150, least: 80, most: 240 }; // spoken words a minute
  const VERSIONS = [30, 60, 90]; // seconds
  const NEEDED = { 30: ["problem", "own", "impact", "link"], 60: ["level"], 90: [] }; // each adds to those before it

  const PARTS = {
    problem: String.raw`\bI (?:\w+ly )?(?:make|keep|build|run|own|lead|find|design|work on)\b`,
    own: String.raw`\bI (?:\w+ly |then |also )?(?!(?:worked|helped|wanted|learned|joined|started|loved|asked|graduated|tried)\b)(?:\w+ed|cut|built|led|wrote|found|chose|put|made|took|set)\b`,
    impact: String.raw`\bfrom [^.;]*?\d[^.;]*? to [^.;]*?\d|\b(?:cut|fell|rose|dropped|saved|grew)\b[^.;]*\d`,
    level: String.raw`\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|other) (?:\w+ )?(?:teams|services|engineers|countries|products)\b|\b(?:instead|rather than|decided against)\b`,
    link: String.raw`\b(?:your|this) (?:\w+ ){0,2}(?:team|role|product|users|customers|platform|migration)\b`,
  };
  const DOUBTS = {
    "title or year": String.raw`\b(?:(?:19|20)\d\d|graduated|promoted|joined|(?:junior|senior|staff|principal) (?:software )?(?:engineer|developer))\b`,
    "hedge": String.raw`\b(?:passionate|various|several|a lot|quite a bit|kind of|sort of|really|basically|great place|new challenge)\b`,
    "we did": String.raw`\bwe (?:\w+ly )?\w+ed\b`,
  };
  const NAMES = {
    problem: "what you do", own: "“I” with a deed", impact: "a number that changed",
    level: "a sign of level", link: "why here",
  };

  const FIELDS = [
    { id: "problem", from: 30, label: "The problem you keep solved",
      hint: "In the present tense, without a title: what goes wrong where you are not?",
      example: "I make sure that a payment is taken once, and only once, when the network fails halfway." },
    { id: "result", from: 30, label: "One result",
      hint: "What you did, with its before and after, so that a stranger sees who gained.",
      example: "At a marketplace I cut double charges from 900 a month to 12." },
    { id: "decision", from: 30, label: "The decision behind it",
      hint: "What you decided against, and what you did instead.",
      example: "I decided against fixing retries in each of 14 services, and put one key into the first request instead." },
    { id: "link", from: 30, label: "Why here",
      hint: "Which problem of this team is yours already? “Your company” is nobody’s problem.",
      example: "Your team is about to split billing from checkout, and that is the place where payments get doubled." },
    { id: "others", from: 60, label: "Who else changed",
      hint: "Teams or people who did not report to you, and what they do now.",
      example: "No team reported to me, and eight teams send that key now." },
    { id: "second", from: 60, label: "A second result, of another kind",
      hint: "If the first was reliability, let this be cost, speed or people.",
      example: "I took the nightly settlement from 6 hours to 50 minutes, and the month's end stopped waking people." },
    { id: "failure", from: 90, label: "What went wrong",
      hint: "Your own mistake in the above, who paid, and what you have done since.",
      example: "In week one I found that my key held back 3% of honest refunds, so since then a change that touches money starts in one country." },
    { id: "handover", from: 90, label: "What to ask you",
      hint: "A door for the next question: only to a room that you know.",
      example: "Ask me about the key, or about the week with the refunds." },
  ];

  // --- The rules ---------------------------------------------------------------------------------

  const TOKEN = /\d[\d,]*(?:\.\d+)?|\p{L}+(?:['’]\p{L}+)*|[%$€]/gu;

  // How many words a number is when it is said: "900" is two, "99.95" is five.
  function numberWords(digits) {
    const [whole, decimals = ""] = digits.replaceAll(",", "").split(".");
    if (/^(?:19..|20[1-9].)$/.test(digits)) return 2;
    const groups = whole.padStart(Math.ceil(whole.length / 3) * 3, "0").match(/.../g);
    let words = 0;
    groups.forEach(([hundreds, ...rest], place) => {
      const last = Number(rest.join(""));
      const here = 2 * (hundreds > 0) + (last > 0) + (last > 20 && last % 10 > 0);
      words += here + (here > 0 && place + 1 < groups.length);
    });
    return (words || 1) + (decimals ? 1 + decimals.length : 0);
  }

  const spoken = (text) =>
    (text.match(TOKEN) ?? []).reduce((sum, token) => sum + (/^\d/.test(token) ? numberWords(token) : 1), 0);

  const matching = (rules, text) => Object.keys(rules).filter((name) => new RegExp(rules[name], "i").test(text));
  const found = (text) => matching(PARTS, text);
  const doubts = (text) => matching(DOUBTS, text);

  // --- The draft, in this browser only -----------------------------------------------------------

  const store = {
    read() {
      try {
        const kept = JSON.parse(localStorage.getItem(KEY));
        return kept && typeof kept === "object" ? kept : {};
      } catch {
        return {};
      }
    },
    write(draft) {
      try {
        localStorage.setItem(KEY, JSON.stringify(draft));
      } catch {
        // Storage is full or blocked: the draft lasts as long as the page.
      }
    },
    forget() {
      try {
        localStorage.removeItem(KEY);
      } catch {
        // There is nothing to forget.
      }
    },
  };

  // --- Its looks: the book's own colors, in light and in dark; here, so that no other page loads them --

  const STYLE = `
    .intro-form { margin: 1.25rem 0; padding: 1rem 1.1rem; border: 1px solid var(--cb-rule); border-radius: 0.6rem; border-top: 3px solid var(--domain, currentColor); }
    .intro-form fieldset { margin: 0 0 1rem; padding: 0; border: 0; min-width: 0; }
    .intro-form legend { font-size: 1.05rem; font-weight: 650; margin: 0 0 0.4rem; }
    .intro-field { margin: 0 0 0.8rem; }
    .intro-form label { display: block; margin: 0; font-weight: 600; }
    .bd-article .intro-form p { margin: 0; line-height: 1.5; }
    .bd-article .intro-field p { margin-bottom: 0.25rem; font-size: 0.9rem; color: var(--cb-quiet); }
    .intro-form :is(textarea, input) {
      font: inherit; padding: 0.5rem 0.7rem; color: inherit; background: var(--pst-color-surface, transparent);
      border: 1px solid var(--pst-color-border, currentColor); border-radius: 0.5rem;
    }
    .intro-form textarea { display: block; box-sizing: border-box; width: 100%; min-height: 4rem; resize: vertical; field-sizing: content; }
    .intro-tools { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; }
    .intro-tools label { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin-right: 0.5rem; }
    .intro-tools input { width: 5.5rem; }
    .intro-form button {
      font: inherit; font-size: 0.9rem; padding: 0.5rem 0.9rem; color: inherit; background: none; cursor: pointer;
      border: 1px solid var(--pst-color-border, currentColor); border-radius: 0.6rem;
    }
    .intro-form button:hover { border-color: currentColor; }
    .intro-form :is(textarea, input, button):focus-visible { outline: 3px solid var(--pst-color-accent, currentColor); outline-offset: 2px; box-shadow: none; }
    .bd-article .intro-form .intro-status { min-height: 1.5em; margin: 0.6rem 0; font-size: 0.92rem; }
    .intro-version { padding: 0.7rem 0; border-top: 1px solid var(--cb-rule); }
    .intro-version [data-text] { overflow-wrap: anywhere; }
    .bd-article .intro-notes { font-size: 0.92rem; color: var(--cb-quiet); }
    .intro-version.over [data-time] { font-weight: 650; text-decoration: underline; text-underline-offset: 0.2em; }

    @media print {
      /* On paper: the printed worksheet, and the introductions if there are any. */
      .intro-form :is(fieldset, .intro-tools, .intro-status), .intro-version:has([data-text]:empty) { display: none; }
      .intro-form:not(:has([data-text]:not(:empty))) { display: none; }
    }`;

  // --- The form ----------------------------------------------------------------------------------

  const field = ({ id, label, hint }) => `
    <div class="intro-field">
      <label for="intro-${id}">${label}</label>
      <p id="intro-${id}-hint">${hint}</p>
      <textarea id="intro-${id}" name="${id}" rows="2" aria-describedby="intro-${id}-hint" autocomplete="off"></textarea>
    </div>`;

  const group = (seconds, title) => `
    <fieldset>
      <legend>${title}</legend>
      ${FIELDS.filter((entry) => entry.from === seconds).map(field).join("")}
    </fieldset>`;

  const version = (seconds) => `
    <div class="intro-version" data-version="${seconds}" role="group" aria-label="${seconds} seconds">
      <p><strong>${seconds} seconds</strong> <span data-time></span></p>
      <p data-text></p>
      <p class="intro-notes" data-notes></p>
    </div>`;

  const FORM = `
    <form class="intro-form" aria-label="Build your introduction">
      ${group(30, "In every version")}
      ${group(60, "From 60 seconds on")}
      ${group(90, "In 90 seconds")}
      <div class="intro-tools">
        <label>Your words a minute
          <input name="rate" type="number" inputmode="numeric" min="${RATE.least}" max="${RATE.most}" value="${RATE.usual}">
        </label>
        <button type="button" data-do="time">Time yourself</button>
        <button type="button" data-do="example">Show the example</button>
        <button type="button" data-do="forget">Delete the draft</button>
      </div>
      <p class="intro-status" role="status"></p>
      ${VERSIONS.map(version).join("")}
    </form>`;

  function build(place) {
    place.innerHTML = FORM;
    const form = place.querySelector("form");
    const say = (text) => (form.querySelector(".intro-status").textContent = text);
    const rate = () => Math.min(RATE.most, Math.max(RATE.least, Number(form.elements.rate.value) || RATE.usual));
    const text = (seconds) =>
      FIELDS.filter(({ from }) => from <= seconds).map(({ id }) => form.elements[id].value.trim()).filter(Boolean).join(" ");

    function notes(seconds) {
      const said = text(seconds);
      const needed = VERSIONS.filter((limit) => limit <= seconds).flatMap((limit) => NEEDED[limit]);
      const missing = needed.filter((part) => !found(said).includes(part));
      return [
        missing.length ? `Not found: ${missing.map((part) => NAMES[part]).join(", ")}.` : "All parts found.",
        ...(doubts(said).length ? [`Look again at: ${doubts(said).join(", ")}.`] : []),
      ].join(" ");
    }

    function show() {
      for (const seconds of VERSIONS) {
        const said = text(seconds);
        const part = form.querySelector(`[data-version="${seconds}"]`);
        const [words, time] = [spoken(said), Math.round((spoken(said) * 60) / rate())];
        const room = time > seconds ? `${time - seconds} s too long` : `${seconds - time} s left`;
        part.querySelector("[data-time]").textContent = said ? `${words} spoken words, ${time} s: ${room}` : "nothing yet";
        part.querySelector("[data-text]").textContent = said;
        part.querySelector("[data-notes]").textContent = said ? notes(seconds) : "";
        part.classList.toggle("over", time > seconds);
      }
    }

    const keep = () => store.write({ ...Object.fromEntries(FIELDS.map(({ id }) => [id, form.elements[id].value])), rate: rate() });

    function fill(values) {
      for (const { id } of FIELDS) form.elements[id].value = typeof values[id] === "string" ? values[id] : "";
      form.elements.rate.value = Number(values.rate) || RATE.usual;
      show();
    }

    let started = 0;
    const actions = {
      time(button) {
        const words = spoken(text(60));
        if (!words) return say("Write something first; then read the 60-second version aloud.");
        if (!started) {
          started = performance.now();
          button.textContent = "Stop";
          return say("Read the 60-second version aloud, as if to a person, then press Stop.");
        }
        const measured = Math.round((words * 60_000) / (performance.now() - started));
        started = 0;
        button.textContent = "Time yourself";
        if (measured < RATE.least || measured > RATE.most) {
          return say(`${measured} words a minute cannot be right: nothing is changed.`);
        }
        form.elements.rate.value = measured;
        keep();
        show();
        say(`You said ${measured} words a minute.`);
      },
      example() {
        if (text(90) && !confirm("Put the invented example in the place of your draft?")) return;
        fill({ ...Object.fromEntries(FIELDS.map(({ id, example }) => [id, example])), rate: rate() });
        say("The invented example of this page. It is kept once you change it.");
      },
      forget() {
        if (text(90) && !confirm("Delete your draft?")) return;
        store.forget();
        fill({});
        say("The draft is deleted.");
      },
    };

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      keep();
      show();
    });
    form.addEventListener("click", ({ target }) => {
      const action = target.closest("button")?.dataset.do;
      if (action) actions[action](target.closest("button"));
    });
    fill(store.read());
    place.hidden = false;
  }

  const place = document.getElementById("introduction-form");
  if (place) {
    const style = document.createElement("style");
    style.textContent = STYLE;
    document.head.append(style);
    build(place);
  }

  window.selfIntroduction = { rules: { ...PARTS, ...DOUBTS }, spoken, found, doubts };
}
