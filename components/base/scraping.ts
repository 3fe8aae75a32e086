/** Prometheus' scrape and evaluation interval in seconds, by its source. */
export const SCRAPE_SECONDS = { image: 5, chart: 15 } as const;
