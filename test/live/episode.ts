/** One cause of alerts from its begin to when the last of them is over. */
import type { Cause } from "./cause";

export class Episode {
    private readonly fired = new Set<string>();
    private readonly gone = new Set<string>();
    private begun = 0;
    private ended: number | undefined;
    private ending: Promise<void> | undefined;
    /** Why it could not be asked the last time. */
    private trouble = "";

    constructor(readonly cause: Cause) {}

    /** Whether all its alerts have fired, and none does any more. */
    get isOver(): boolean {
        return this.gone.size === Object.keys(this.cause.alerts).length;
    }

    async begin(): Promise<void> {
        this.begun = Date.now();
        await this.cause.make?.();
    }

    async goOn(): Promise<void> {
        if (this.ending !== undefined) return;
        try {
            await this.cause.again?.();
        } catch (error) {
            this.trouble = String(error);
        }
    }

    /** Told which of its alerts fire: it ends once all have. */
    sees(firing: readonly string[]): void {
        for (const name of firing)
            if (!this.fired.has(name)) {
                this.fired.add(name);
                say(`${name} after ${seconds(this.begun)} s`);
            }
        if (this.fired.size === Object.keys(this.cause.alerts).length) void this.end();
        if (this.ended === undefined) return;
        for (const name of this.fired)
            if (!firing.includes(name) && !this.gone.has(name)) {
                this.gone.add(name);
                say(`${name} gone ${seconds(this.ended)} s after its cause`);
            }
    }

    async end(): Promise<void> {
        this.ending ??= this.takeBack();
        await this.ending;
    }

    /** What has not fired, or not ended. */
    missing(): string[] {
        const why = this.trouble === "" ? "" : `: ${this.trouble}`;
        return Object.keys(this.cause.alerts).flatMap((name) => {
            if (this.gone.has(name)) return [];
            return [this.fired.has(name) ? `${name} fires still` : `${name} did not fire${why}`];
        });
    }

    private async takeBack(): Promise<void> {
        try {
            await this.cause.end?.();
        } catch (error) {
            say(`not taken back: ${String(error)}`);
        }
        this.ended = Date.now();
    }
}

function seconds(since: number): string {
    return ((Date.now() - since) / 1000).toFixed(0);
}

function say(what: string): void {
    process.stdout.write(`      ${what}\n`);
}
