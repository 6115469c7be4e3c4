"use strict";
(() => {
  const form = document.getElementById("controls");
  const openForPaper = () => document.querySelectorAll("details").forEach((each) => { each.open = true; });
  window.addEventListener("beforeprint", openForPaper);
  if (!form) return;
  const search = document.getElementById("search");
  const environment = document.getElementById("environment");
  const shown = document.getElementById("shown");
  const marks = [...form.querySelectorAll("input[name=mark]")];
  const groups = [...document.querySelectorAll("li.group")].map((group) => {
    const heading = group.querySelector("h3").textContent.toLowerCase();
    const own = [...group.querySelectorAll("li.entry")].map((row) => ({
      row, text: `${heading} ${row.textContent} ${row.dataset.text}`.toLowerCase(), mark: row.dataset.mark,
      environment: row.dataset.environment }));
    return { group, own };
  });
  const total = groups.reduce((sum, each) => sum + each.own.length, 0);
  const blocks = [...document.querySelectorAll("section.matrix")].map((section) => {
    const columns = [...section.querySelectorAll("thead th")].slice(1).map((cell) => cell.textContent.toLowerCase());
    const people = [...section.querySelectorAll("tbody tr")].map((row) => ({
      row,
      name: row.dataset.text.toLowerCase(),
      cells: [...row.cells].flatMap((cell, index) => index && cell.firstChild
        ? [{ cell, mark: cell.dataset.mark, text: `${columns[index - 1]} ${cell.textContent.toLowerCase()}` }] : []) }));
    return { section, environment: section.dataset.environment, people };
  });
  const matches = (text, words) => words.every((word) => text.includes(word));
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const place = environment ? environment.value : null;
    const inPlace = (name) => !environment || environment.selectedIndex === 0 || name === place;
    const wanted = new Set(marks.filter((box) => box.checked).map((box) => box.value));
    const isWanted = (mark) => !marks.length || !mark || wanted.has(mark);
    let count = 0;
    for (const each of groups) {
      let some = false;
      for (const entry of each.own) {
        const visible = inPlace(entry.environment) && isWanted(entry.mark) && matches(entry.text, words);
        entry.row.hidden = !visible;
        count += visible;
        some = some || visible;
      }
      each.group.hidden = !some;
    }
    for (const block of blocks) {
      let any = !block.people.length;
      for (const person of block.people) {
        let some = false;
        for (const each of person.cells) {
          const visible = isWanted(each.mark) && matches(`${person.name} ${each.text}`, words);
          each.cell.classList.toggle("off", !visible);
          some = some || visible;
        }
        person.row.hidden = !some;
        any = any || some;
      }
      block.section.hidden = !inPlace(block.environment) || !any;
    }
    shown.textContent = `${count.toLocaleString("en")} of ${total.toLocaleString("en")} ${shown.dataset.what}`;
  };
  let pending = 0;
  const soon = () => { clearTimeout(pending); pending = setTimeout(filter, total > 1000 ? 120 : 0); };
  form.addEventListener("input", soon);
  form.addEventListener("reset", () => setTimeout(filter, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing) { event.preventDefault(); const fold = form.closest("details"); if (fold) fold.open = true; search.focus(); }
    if (event.key === "Escape" && event.target === search) { search.value = ""; filter(); }
  });
  filter();
})();
