/** Stylesheets are imported for the bundle's sake: esbuild writes them beside the script. */
declare module '*.css';
