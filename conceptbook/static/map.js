// The concept map. Picture and list are in the page already; this moves the picture, shows a
// concept with its neighbors, and filters picture and list alike, the choice kept in the address.
// Panning, pinching and zooming at a point are Panzoom's (vendor/manifest.json); filters.js is what
// it shares with the catalogue.

"use strict";

{
  const { matchesAll, readChosen, remember, showCounts, toSearch, writeChosen } = window.conceptFilters;

  const GROUPS = ["domain", "status"];
  const STEP = 1.5; // of the zoom buttons and keys
  const STRIDE = 90; // pixels that an arrow key moves
  const LEGIBLE = 0.6; // below this zoom a finger cannot tell two marks apart
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  // The box around the places of some marks, with room for their words.
  function boxOf(marks, room = 70) {
    const xs = marks.map((mark) => mark.x);
    const ys = marks.map((mark) => mark.y);
    const [left, top] = [Math.min(...xs) - room, Math.min(...ys) - room];
    return { x: left, y: top, width: Math.max(...xs) + room - left, height: Math.max(...ys) + room - top };
  }

  // --- The camera: which place is in the middle of the frame, and how near -----------------------

  function createCamera(svg, world, farthest, onZoom) {
    const { x, y, width, height } = svg.viewBox.baseVal;
    const whole = { x, y, width, height };
    svg.removeAttribute("viewBox"); // from here on one unit is one pixel times the zoom
    let zoom;
    let frame = 0;

    const size = () => svg.getBoundingClientRect();
    const fitting = (box) => Math.min(size().width / box.width, size().height / box.height);
    const nearest = () => Math.min(fitting(whole), 1) * 0.85;

    const panzoom = Panzoom(world, {
      canvas: true,
      cursor: "",
      maxScale: farthest,
      minScale: 0.05,
      step: 0.5, // of a pinch: about as far as the fingers go
      touchAction: "pan-y pinch-zoom",
      handleStartEvent: () => cancelAnimationFrame(frame),
      setTransform: (element, { x, y, scale }) => {
        element.style.transform = `scale(${scale}) translate(${x}px, ${y}px)`;
        if (scale === zoom) return;
        zoom = scale;
        svg.style.setProperty("--shrink", 1 / scale);
        onZoom(scale);
      },
    });

    function view() {
      const scale = panzoom.getScale();
      const pan = panzoom.getPan();
      return { scale, x: size().width / 2 / scale - pan.x, y: size().height / 2 / scale - pan.y };
    }

    function set({ scale, x, y }) {
      panzoom.zoom(scale, { animate: false, force: true });
      panzoom.pan(size().width / 2 / scale - x, size().height / 2 / scale - y, { animate: false, force: true });
    }

    const inside = ({ scale, x, y }) => ({
      scale: clamp(scale, nearest(), farthest),
      x: clamp(x, whole.x, whole.x + whole.width),
      y: clamp(y, whole.y, whole.y + whole.height),
    });

    function glide(target, at = performance.now()) {
      cancelAnimationFrame(frame);
      const from = view();
      const to = inside(target);
      if (calm.matches) return set(to);
      const move = (now) => {
        const part = clamp((now - at) / 260, 0, 1);
        const eased = 1 - (1 - part) ** 3;
        const mix = (a, b) => a + (b - a) * eased;
        set({ scale: from.scale * (to.scale / from.scale) ** eased, x: mix(from.x, to.x), y: mix(from.y, to.y) });
        if (part < 1) frame = requestAnimationFrame(move);
      };
      frame = requestAnimationFrame(move);
    }

    const framing = (box, most) => ({
      scale: Math.min(fitting(box), most),
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
    });

    world.addEventListener("panzoomend", () => {
      const now = view();
      const to = inside(now);
      if (to.x !== now.x || to.y !== now.y || to.scale !== now.scale) glide(to);
    });

    return {
      view,
      set,
      glide,
      all: () => framing(whole, 1.4),
      framing,
      zoomAt: (factor, point) =>
        panzoom.zoomToPoint(clamp(panzoom.getScale() * factor, nearest(), farthest), point),
      zoomBy: (factor) => glide({ ...view(), scale: view().scale * factor }),
      panBy: (dx, dy) => glide({ ...view(), x: view().x + dx / view().scale, y: view().y + dy / view().scale }),
      capture: (all) => panzoom.setOptions({ touchAction: all ? "none" : "pan-y pinch-zoom" }),
    };
  }

  // --- The page ------------------------------------------------------------------------------------

  function readMarks(root) {
    const marks = [];
    for (const element of root.querySelectorAll(".map-node")) {
      const item = root.querySelector(`.map-concept[data-number="${element.dataset.number}"]`);
      const { e, f } = element.transform.baseVal.consolidate().matrix;
      marks[element.dataset.number] = {
        element,
        item,
        text: element.querySelector("text"),
        x: e,
        y: f,
        zoom: Number(element.dataset.zoom),
        near: new Map(), // the other ends, each with its line
        values: { domain: new Set([item.dataset.domain]), status: new Set([item.dataset.status]) },
      };
    }
    for (const line of root.querySelectorAll(".map-lines path")) {
      const [a, b] = line.dataset.ends.split(" ").map((number) => marks[number]);
      a.near.set(b, line);
      b.near.set(a, line);
    }
    return marks;
  }

  function createCard(element) {
    const part = (name) => element.querySelector(`[data-card${name}]`);
    return {
      hide: () => (element.hidden = true),
      show(mark, right, pinned) {
        const { domain } = mark.item.dataset;
        const link = mark.item.querySelector("a.map-title");
        const near = [...mark.near].filter(([, line]) => !line.hasAttribute("hidden")).length;
        element.dataset.domain = domain;
        element.classList.toggle("right", right);
        element.classList.toggle("pinned", pinned);
        part("-domain").textContent = mark.item.closest("details").querySelector("h3").textContent;
        part("-title").textContent = mark.item.querySelector(".map-title").textContent;
        part("-summary").textContent = mark.item.querySelector(".map-summary").textContent;
        part("-facts").textContent =
          `${link ? "" : "Not written yet · "}${near} related ${near === 1 ? "concept" : "concepts"}`;
        part("-open").hidden = !(pinned && link);
        if (link) part("-open").href = link.href;
        element.hidden = false;
        if (pinned) element.scrollIntoView({ block: "nearest" });
      },
    };
  }

  function start(root) {
    const form = root.querySelector("form");
    const frame = root.querySelector("[data-frame]");
    const svg = frame.querySelector(".map");
    const hint = root.querySelector("[data-hint]");
    const card = createCard(root.querySelector("[data-card]"));
    const marks = readMarks(root);
    const markOf = (target) => marks[target.closest?.(".map-node")?.dataset.number];
    let lit; // the concept that is shown with its neighbors
    let pinned = false; // it stays until something else is tapped
    let moved = false; // since the pointer went down, so that what follows is no click
    let still = true; // nobody has moved the map yet

    const camera = createCamera(svg, svg.querySelector(".map-world"), Number(root.dataset.farthest), (zoom) => {
      for (const mark of marks) mark.text.classList.toggle("map-far", mark.zoom > zoom);
    });

    // --- One concept and its neighbors

    function unlight() {
      card.hide();
      pinned = false;
      if (!lit) return;
      svg.classList.remove("lit");
      for (const element of svg.querySelectorAll(".near")) element.classList.remove("near", "chosen");
      for (const text of svg.querySelectorAll(".crowded")) text.classList.remove("crowded");
      lit = undefined;
    }

    // Words of neighbors that are nearer than their words have room for: the first keep theirs.
    function thinOut(shown) {
      const taken = [];
      for (const { text } of shown) {
        const box = text.getBoundingClientRect();
        const free = taken.every(
          (other) => box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom,
        );
        if (free) taken.push(box);
        else text.classList.add("crowded");
      }
    }

    function light(mark, pin = false) {
      if (lit !== mark) {
        unlight();
        lit = mark;
        svg.style.setProperty("--lit", getComputedStyle(mark.element).getPropertyValue("--domain") || "currentColor");
        svg.classList.add("lit");
        mark.element.classList.add("near", "chosen");
        const shown = [mark];
        for (const [other, line] of mark.near) {
          if (line.hasAttribute("hidden")) continue;
          line.classList.add("near");
          other.element.classList.add("near");
          shown.push(other);
        }
        thinOut(shown);
      }
      pinned = pin;
      const place = mark.element.getBoundingClientRect();
      const area = frame.getBoundingClientRect();
      card.show(mark, place.left < area.left + area.width / 2, pin);
    }

    // --- Filters

    function show() {
      const chosen = readChosen(form, GROUPS);
      const shown = new Set(marks.filter((mark) => matchesAll(mark, GROUPS, chosen)));
      unlight();
      for (const mark of marks) {
        mark.element.toggleAttribute("hidden", !shown.has(mark));
        mark.item.hidden = !shown.has(mark);
        for (const [other, line] of mark.near) line.toggleAttribute("hidden", !(shown.has(mark) && shown.has(other)));
        for (const item of mark.item.querySelectorAll("li")) item.hidden = !shown.has(marks[item.dataset.number]);
      }
      for (const element of svg.querySelectorAll(".map-territory, .map-caption")) {
        const { domain } = element.closest("[data-domain]").dataset;
        element.toggleAttribute("hidden", ![...shown].some((mark) => mark.values.domain.has(domain)));
      }
      for (const fold of root.querySelectorAll(".map-list details")) {
        const count = fold.querySelectorAll(".map-concept:not([hidden])").length;
        fold.hidden = count === 0;
        fold.querySelector("[data-count]").textContent = count;
      }
      showCounts(form, GROUPS, marks, chosen);
      root.querySelector("[data-shown]").textContent =
        shown.size === marks.length ? `${marks.length} concepts` : `${shown.size} of ${marks.length} concepts`;
      root.querySelector("[data-reset]").hidden = !toSearch(chosen);
      return { chosen, shown: [...shown] };
    }

    const written = (domain) =>
      marks.filter((mark) => mark.values.domain.has(domain) && mark.values.status.has("written"));

    // Where the map starts: all of it, or where most is written if all of it would be too small.
    function home(shown) {
      if (shown.length && shown.length < marks.length) return camera.framing(boxOf(shown), 1.8);
      const all = camera.all();
      if (all.scale >= LEGIBLE) return all;
      const sizes = marks.map((mark) => written(mark.item.dataset.domain).length);
      const { domain } = marks[sizes.indexOf(Math.max(...sizes))].item.dataset;
      const target = camera.framing(boxOf(written(domain), 40), 1.2);
      return { ...target, scale: Math.max(target.scale, LEGIBLE) };
    }

    function change(step) {
      const { chosen, shown } = show();
      if (step) remember(toSearch(chosen), true);
      camera.glide(home(shown));
    }

    form.addEventListener("input", () => change(true));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      writeChosen(form, new URLSearchParams());
      change(true);
    });
    addEventListener("popstate", () => {
      writeChosen(form, new URLSearchParams(location.search));
      change(false);
    });

    // --- Pointer: hovering shows, dragging moves, a click opens; a tap first shows, then opens

    let down;
    svg.addEventListener("pointerdown", (event) => {
      down = event;
      moved = false;
    });
    addEventListener("pointermove", (event) => {
      if (!down || moved) return;
      moved = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > 5;
      if (moved) {
        still = false;
        if (!pinned) unlight();
      }
    });
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => (down = undefined));
    svg.addEventListener("dragstart", (event) => event.preventDefault());
    svg.addEventListener("pointerover", (event) => {
      if (event.pointerType === "touch" || down || pinned) return;
      const mark = markOf(event.target);
      if (mark) light(mark);
    });
    svg.addEventListener("pointerout", (event) => {
      if (event.pointerType === "touch" || pinned || !lit || markOf(event.relatedTarget ?? svg) === lit) return;
      unlight();
    });
    svg.addEventListener("click", (event) => {
      const mark = markOf(event.target);
      if (moved) return event.preventDefault();
      if (!mark) return unlight();
      const preview = event.pointerType === "touch" && !(pinned && lit === mark);
      if (preview) event.preventDefault();
      if (preview || !mark.element.matches("a")) light(mark, true);
    });

    // --- Wheel: the page keeps it until Ctrl is held or the map has the focus

    let fading;
    frame.addEventListener(
      "wheel",
      (event) => {
        if (!(event.ctrlKey || event.metaKey || frame.contains(document.activeElement))) {
          hint.classList.add("shown");
          clearTimeout(fading);
          fading = setTimeout(() => hint.classList.remove("shown"), 1200);
          return;
        }
        event.preventDefault();
        hint.classList.remove("shown");
        still = false;
        const pixels = event.deltaY * (event.deltaMode === 1 ? 20 : 1);
        camera.zoomAt(Math.exp(clamp(-pixels * (event.ctrlKey ? 0.008 : 0.002), -0.4, 0.4)), event);
      },
      { passive: false },
    );

    // --- Keyboard and buttons

    const act = (action) => {
      still = false;
      action();
    };
    const all = () => {
      still = true;
      camera.glide(camera.all());
    };
    const KEYS = {
      "+": () => act(() => camera.zoomBy(STEP)),
      "=": () => act(() => camera.zoomBy(STEP)),
      "-": () => act(() => camera.zoomBy(1 / STEP)),
      0: all,
      ArrowLeft: () => act(() => camera.panBy(-STRIDE, 0)),
      ArrowRight: () => act(() => camera.panBy(STRIDE, 0)),
      ArrowUp: () => act(() => camera.panBy(0, -STRIDE)),
      ArrowDown: () => act(() => camera.panBy(0, STRIDE)),
      Escape: unlight,
    };
    frame.addEventListener("keydown", (event) => {
      const action = KEYS[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key !== "Escape") event.preventDefault();
      action();
    });
    root.querySelector("[data-zoom-in]").addEventListener("click", KEYS["+"]);
    root.querySelector("[data-zoom-out]").addEventListener("click", KEYS["-"]);
    root.querySelector("[data-zoom-all]").addEventListener("click", all);

    frame.addEventListener("focusin", (event) => {
      camera.capture(true);
      const mark = markOf(event.target);
      if (!mark || !event.target.matches(":focus-visible")) return;
      const place = event.target.querySelector("circle").getBoundingClientRect();
      const area = frame.getBoundingClientRect();
      const margin = 60;
      const seen =
        place.left > area.left + margin && place.right < area.right - margin &&
        place.top > area.top + margin && place.bottom < area.bottom - margin;
      if (!seen) act(() => camera.glide({ ...camera.view(), x: mark.x, y: mark.y }));
      light(mark);
      frame.scrollIntoView({ block: "nearest" });
    });
    frame.addEventListener("focusout", (event) => {
      if (frame.contains(event.relatedTarget)) return;
      camera.capture(false);
      if (!pinned) unlight();
    });

    // --- Start

    writeChosen(form, new URLSearchParams(location.search));
    const { shown } = show();
    setTimeout(() => camera.set(home(shown))); // after Panzoom's own start, which waits like this
    let width = 0;
    new ResizeObserver(([entry]) => {
      if (width && still) camera.set(home(show().shown));
      width = entry.contentRect.width;
    }).observe(svg);
    root.dataset.ready = "";
  }

  document.querySelectorAll("[data-map]").forEach(start);
}
