// Show which remark belongs to which words: those under the pointer, or those that have the focus.
(() => {
  const show = (event) => {
    for (const one of document.querySelectorAll(".is-active")) one.classList.remove("is-active");
    const near = event.target instanceof Element ? event.target.closest("[data-remarks]") : null;
    if (!near) return;
    for (const key of near.dataset.remarks.split(" "))
      for (const one of document.querySelectorAll(`[data-remarks~="${key}"]`)) one.classList.add("is-active");
  };
  document.addEventListener("pointerover", show);
  document.addEventListener("focusin", show);
})();
