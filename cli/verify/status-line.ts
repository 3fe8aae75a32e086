/** Tells people how far a run has come: on a terminal in one line that changes, elsewhere in a few plain lines. */

export interface StatusLine {
    /** Something began. */
    step(text: string): void;
    /** `done` of `total` of something are through. */
    count(text: string, done: number, total: number): void;
    /** Ends the current line. */
    end(): void;
}

export const SILENT: StatusLine = { step: () => undefined, count: () => undefined, end: () => undefined };

interface Output {
    readonly isTTY?: boolean;
    write(text: string): unknown;
}

const CLEAR_LINE = "\r\u001b[2K";
/** Elsewhere than on a terminal, a count is told at each of so many equal parts. */
const PARTS = 4;

export function statusLineTo(output: Output): StatusLine {
    return output.isTTY === true ? onTerminal(output) : inLines(output);
}

function onTerminal(output: Output): StatusLine {
    let open = false;
    const show = (text: string) => {
        output.write(`${CLEAR_LINE}${text}`);
        open = true;
    };
    return {
        step: (text) => {
            show(`${text} …`);
        },
        count: (text, done, total) => {
            show(`${text}: ${done} of ${total}`);
        },
        end: () => {
            if (open) output.write(CLEAR_LINE);
            open = false;
        },
    };
}

function inLines(output: Output): StatusLine {
    let last = "";
    return {
        step: (text) => {
            output.write(`${text} …\n`);
        },
        count: (text, done, total) => {
            const part = total === 0 ? PARTS : Math.floor((done * PARTS) / total);
            const line = `${text}: ${done} of ${total}\n`;
            const mark = `${text}/${part}`;
            if (mark !== last) output.write(line);
            last = mark;
        },
        end: () => undefined,
    };
}
