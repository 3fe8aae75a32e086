/** Versions that the whole program agrees on, in one place. */

/** The Istio release: its charts' version and its images' tag. */
export const ISTIO_VERSION = "1.31.1";
