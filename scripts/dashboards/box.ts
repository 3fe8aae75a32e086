/** Room in a picture, and what fills it. */

/** In pixels of the picture. */
export interface Box {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
}

/** SVG, and what to say of what it does not show. */
export interface Inside {
    readonly svg: string;
    /** Empty where it shows everything. */
    readonly left: string;
}

/** Letters of what stands beside the values, in pixels. */
export const SMALL = 11;
