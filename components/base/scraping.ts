/** How often Prometheus reads and judges its rules, by where it comes from: seconds. */
export const SCRAPE_SECONDS = { image: 5, chart: 15 } as const;
