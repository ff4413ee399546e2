// Loads the page again when it was built again, and shows what keeps it from being built.
(() => {
  const shown = document.currentScript.dataset.version;
  const STYLE =
    "position:fixed;inset:auto 0 0 0;z-index:9999;max-height:60vh;overflow:auto;margin:0;" +
    "padding:1rem;background:#fff4f4;color:#5c0011;border-top:4px solid #c2002f;" +
    "font:14px/1.5 ui-monospace,monospace;white-space:pre-wrap";

  function show(state) {
    document.getElementById("preview-state")?.remove();
    if (state.version !== shown) {
      location.reload();
      return;
    }
    const text = state.problems.length ? state.problems.join("\n") : state.building;
    if (!text) return;
    const box = document.createElement("div");
    box.id = "preview-state";
    box.setAttribute("role", state.problems.length ? "alert" : "status");
    box.style.cssText = STYLE;
    box.textContent = text;
    document.body.append(box);
  }

  function connect() { // by wss where a forwarded port is read by https
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/_preview`);
    socket.onmessage = (event) => show(JSON.parse(event.data));
    socket.onclose = () => setTimeout(connect, 1000); // the preview was stopped: wait for the next
  }
  connect();
})();
