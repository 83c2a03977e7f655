// A button beside each block of commands that copies it. Without script, or where the
// browser keeps its clipboard closed, the blocks are selected by hand as ever.
if (navigator.clipboard) {
  const { copy, copied } = document.body.dataset;
  for (const block of document.querySelectorAll("pre.commands")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = copy;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.textContent + "\n");
      button.textContent = copied;
      setTimeout(() => { button.textContent = copy; }, 2000);
    });
    block.previousElementSibling.append(button);
  }
}
