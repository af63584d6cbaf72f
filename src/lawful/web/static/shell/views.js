// The views that there are: their names, their titles, their modules and styles.

import { h } from "../lib/dom.js";

/** Every view there is. A name that is not here is never loaded. */
export const TITLES = {
  network: "Network", training: "Training as physics", equations: "Equations", trajectory: "Trajectory",
  energy: "Energy", latent: "Latent space", memory: "Memory", field: "Field",
};

/** What is live and belongs to no run. */
export const LIVE = [
  { name: "Network playground", kind: "network", views: ["network", "training"], sentence: "Watch a network learn, and its motion as physics." },
  { name: "Field", kind: "field", views: ["field"], sentence: "Stir a field, and see its vortices." },
];

/** Those of the views that this page has. */
export const known = (views) => views.filter((name) => Object.hasOwn(TITLES, name));

/** The module of a view, with its style. */
export async function loaded(name) {
  if (!Object.hasOwn(TITLES, name)) throw new Error(`no view ${name}`);
  const [module] = await Promise.all([import(`../views/${name}.js`), styled(name)]);
  return module;
}

const styles = new Map();
/** Its style sheet, once; a view without one is shown plainly. */
function styled(name) {
  if (!styles.has(name)) {
    styles.set(name, new Promise((resolve) => {
      const link = h("link", { rel: "stylesheet", href: new URL(`../views/${name}.css`, import.meta.url).href });
      link.addEventListener("load", resolve);
      link.addEventListener("error", resolve);
      document.head.append(link);
    }));
  }
  return styles.get(name);
}
