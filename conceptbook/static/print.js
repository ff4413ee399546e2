// What is printed is the whole page on white paper: answers folded on the screen are open, and the
// dark theme is light for the time being. Afterwards the page is as its reader left it.

{
  const page = document.documentElement;
  let folded = [];
  let theme;

  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll(".bd-article details:not([open])")];
    for (const fold of folded) fold.open = true;
    theme = page.dataset.theme;
    page.dataset.theme = "light";
  });

  addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
    folded = [];
    page.dataset.theme = theme;
  });
}
