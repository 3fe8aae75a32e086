/** Areas of a picture and their content. */

/** A rectangle, in pixels of the picture. */
export interface Box {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
}

/** SVG, with a note about what it omits. */
export interface Drawing {
    readonly svg: string;
    /** Empty if it shows everything. */
    readonly note: string;
}

/** The font size of labels, in pixels. */
export const SMALL = 11;
