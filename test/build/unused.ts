/** Stands in a bundle for code that a package of ours brings and that is never called: see `unused` in bundles.ts. */
export const format = undefined;
// oxlint-disable-next-line import/no-default-export -- it is what the package has
export default { default: { en: () => undefined } };
