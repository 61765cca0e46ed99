/** Of the report's page. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --ok: #2e7d3226; --failed: #c6282840; --skipped: #8883; --missing: #ef6c0040; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0.3rem; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin: 0; }
.summary { display: inline-block; font-weight: 600; margin: 0; padding: 0.2rem 0.7rem; border-radius: 0.3rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; }
dt { opacity: 0.7; }
dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font: 13px/1.4 ui-monospace, monospace; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.7rem; text-align: left; vertical-align: top; }
th[scope=row] { font-weight: normal; }
caption { text-align: left; opacity: 0.7; padding: 0.6rem 0 0.2rem; }
.matrix th[scope=row] { white-space: nowrap; }
.matrix td { white-space: nowrap; }
small { opacity: 0.7; }
.ok { background: var(--ok); }
.failed { background: var(--failed); }
.skipped { background: var(--skipped); }
.missing { background: var(--missing); }
.none { opacity: 0.4; }
.told { border-radius: 0.4rem; margin: 1rem 0; padding: 0.7rem 1rem; overflow-wrap: anywhere; }
.told p { margin: 0.3rem 0; }
pre { max-height: 30rem; overflow: auto; white-space: pre-wrap; margin: 0.4rem 0 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
meter { width: 12rem; }
`;
