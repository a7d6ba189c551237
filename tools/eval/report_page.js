"use strict";
(() => {
  const frames = JSON.parse(document.getElementById("frames-data").textContent);
  const table = document.getElementById("scores");
  const body = table.tBodies[0];

  // Numbers by value, names by their text with digits as numbers; what is missing stays last in both directions.
  const compare = (column, direction) => (a, b) => {
    const [x, y] = [a, b].map((row) => row.cells[column]);
    if (column === 0) return direction * x.textContent.localeCompare(y.textContent, "en", { numeric: true });
    const [p, q] = [x, y].map((cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value)));
    if (p === null || q === null) return (p === null) - (q === null);
    return direction * (p - q);
  };

  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    header.querySelector("button").addEventListener("click", () => {
      const ascending = header.getAttribute("aria-sort") !== "ascending";
      for (const other of headers) other.setAttribute("aria-sort", "none");
      header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      body.append(...[...body.rows].sort(compare(column, ascending ? 1 : -1)));
    });
  });

  if (frames.length === 0) return;
  const stage = document.getElementById("stage");
  const split = document.getElementById("split");
  const rowOf = (frame) => body.querySelector(`tr[data-row="${frame.row}"]`);

  const setSplit = (percent) => {
    split.value = percent;
    stage.style.setProperty("--split", `${split.value}%`);
    split.setAttribute("aria-valuetext", `${split.value} % recorded`);
  };
  split.addEventListener("input", () => setSplit(split.value));

  // The whole picture is the handle, for mouse and finger; the range input below it serves the keyboard.
  let dragging = false;
  const follow = (event) => {
    const box = stage.getBoundingClientRect();
    setSplit((100 * (event.clientX - box.left)) / box.width);
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    dragging = true;
    follow(event);
    split.focus({ preventScroll: true });
    event.preventDefault();
  });
  addEventListener("pointermove", (event) => dragging && follow(event));
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (dragging = false));

  let shown = 0;
  const film = document.getElementById("film");
  const show = (index) => {
    rowOf(frames[shown]).classList.remove("shown");
    shown = (index + frames.length) % frames.length;
    const frame = frames[shown];
    for (const image of document.querySelectorAll("img[data-part]")) {
      const data = frame[image.dataset.part];
      [image.width, image.height] = frame.size;
      image.closest("figure").hidden = data === "";
      if (data !== "") image.src = data;
    }
    document.getElementById("shown").textContent = frame.id;
    document.getElementById("caption").textContent = frame.caption;
    [...film.children].forEach((button, i) => button.setAttribute("aria-pressed", i === shown));
    rowOf(frame).classList.add("shown");
    const button = film.children[shown];
    film.scrollLeft = button.offsetLeft - film.offsetLeft - (film.clientWidth - button.offsetWidth) / 2;
  };

  frames.forEach((frame, index) => {
    const thumb = document.createElement("button");
    thumb.type = "button";
    const image = document.createElement("img");
    image.src = frame.truth;
    image.alt = frame.id;
    thumb.append(image, frame.psnr);
    thumb.addEventListener("click", () => show(index));
    film.append(thumb);

    const name = rowOf(frame).cells[0];
    const link = document.createElement("button");
    link.type = "button";
    link.title = "Show its pictures";
    link.textContent = name.textContent;
    link.addEventListener("click", () => {
      show(index);
      stage.scrollIntoView({ block: "center" });
    });
    name.replaceChildren(link);
  });
  document.getElementById("previous").addEventListener("click", () => show(shown - 1));
  document.getElementById("next").addEventListener("click", () => show(shown + 1));
  setSplit(50);
  show(0);
})();

// The fit's curves: over steps or seconds; a point under mouse or finger is marked in all charts and told.
(() => {
  const section = document.getElementById("curves");
  if (!section) return;
  const told = JSON.parse(document.getElementById("curves-data").textContent);
  const charts = [...section.querySelectorAll("svg")];
  const places = (chart) =>
    chart.querySelector("polyline").getAttribute("points").trim().split(" ").map((place) => place.split(",").map(Number));

  const mark = (index) => {
    for (const chart of charts) {
      const [x, y] = places(chart)[index];
      chart.querySelector("circle").setAttribute("cx", x);
      chart.querySelector("circle").setAttribute("cy", y);
    }
    document.getElementById("curve-point").textContent = told[index];
  };
  for (const chart of charts) {
    const follow = (event) => {
      const box = chart.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * chart.viewBox.baseVal.width;
      const off = places(chart).map((place) => Math.abs(place[0] - x));
      mark(off.indexOf(Math.min(...off)));
    };
    chart.addEventListener("pointermove", follow);
    chart.addEventListener("pointerdown", follow);
  }
  const buttons = [...section.querySelectorAll("[data-axis]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", other === button);
      for (const chart of charts) chart.toggleAttribute("hidden", chart.dataset.along !== button.dataset.axis);
    });
  }
  buttons[0].parentElement.hidden = false;
  mark(told.length - 1);
})();
