/** Shows the progress of a run: on a terminal in one line that is updated, elsewhere in a few lines. */

export interface StatusLine {
    /** A step began. */
    step(text: string): void;
    /** `done` of `total` are complete. */
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
/** Without a terminal, a count is printed this many times. */
const PARTS = 4;

export function statusLineTo(output: Output): StatusLine {
    return output.isTTY === true ? onTerminal(output) : asLines(output);
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

function asLines(output: Output): StatusLine {
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
