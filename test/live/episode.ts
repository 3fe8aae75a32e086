/** One cause of alerts, from its start until all its alerts have resolved. */
import type { Cause } from "./cause";

export class Episode {
    private readonly fired = new Set<string>();
    private readonly resolved = new Set<string>();
    private startedAt = 0;
    private endedAt: number | undefined;
    private ending: Promise<void> | undefined;
    /** The error of the last `again`. */
    private lastError = "";

    constructor(readonly cause: Cause) {}

    /** Whether all its alerts have fired and resolved. */
    get isOver(): boolean {
        return this.resolved.size === Object.keys(this.cause.alerts).length;
    }

    async begin(): Promise<void> {
        this.startedAt = Date.now();
        await this.cause.make?.();
    }

    async repeat(): Promise<void> {
        if (this.ending !== undefined) return;
        try {
            await this.cause.again?.();
        } catch (error) {
            this.lastError = String(error);
        }
    }

    /** Records which of its alerts fire, and ends the cause once all have. */
    update(firing: readonly string[]): void {
        for (const name of firing)
            if (!this.fired.has(name)) {
                this.fired.add(name);
                print(`${name} after ${seconds(this.startedAt)} s`);
            }
        if (this.fired.size === Object.keys(this.cause.alerts).length) void this.end();
        if (this.endedAt === undefined) return;
        for (const name of this.fired)
            if (!firing.includes(name) && !this.resolved.has(name)) {
                this.resolved.add(name);
                print(`${name} resolved ${seconds(this.endedAt)} s after its cause`);
            }
    }

    async end(): Promise<void> {
        this.ending ??= this.undo();
        await this.ending;
    }

    /** Alerts that have not fired, or not resolved. */
    missing(): string[] {
        const why = this.lastError === "" ? "" : `: ${this.lastError}`;
        return Object.keys(this.cause.alerts).flatMap((name) => {
            if (this.resolved.has(name)) return [];
            return [this.fired.has(name) ? `${name} is still firing` : `${name} did not fire${why}`];
        });
    }

    private async undo(): Promise<void> {
        try {
            await this.cause.end?.();
        } catch (error) {
            print(`cause not ended: ${String(error)}`);
        }
        this.endedAt = Date.now();
    }
}

function seconds(since: number): string {
    return ((Date.now() - since) / 1000).toFixed(0);
}

function print(what: string): void {
    process.stdout.write(`      ${what}\n`);
}
