import { connect, createServer, type Server } from "node:net";

/**
 * Runs `work` while no other process on this machine holds the lock `name`.
 *
 * The lock is a listening socket in the kernel's abstract namespace. The kernel frees it when the process that holds it
 * ends, in any way, so there are no stale locks.
 *
 * @param onWait called once if another process holds the lock, with that process's description
 */
export async function withLock<T>(
    name: string,
    work: () => Promise<T>,
    onWait: (holder: string) => void = () => undefined,
): Promise<T> {
    const address = { path: `\0sparc-mesh-${name}` };
    let waited = false;
    let server: Server | undefined;
    while ((server = await listen(address)) === undefined) {
        const holder = await heldUntilClosed(address, (greeting) => {
            if (!waited) onWait(greeting);
            waited = true;
        });
        if (!holder) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    try {
        return await work();
    } finally {
        await release(server);
    }
}

const sockets = new WeakMap<Server, Set<{ destroy(): void }>>();

/** The lock's server; undefined if another process holds the lock. */
function listen(address: { path: string }): Promise<Server | undefined> {
    return new Promise((resolve, reject) => {
        const waiting = new Set<{ destroy(): void }>();
        const server = createServer((socket) => {
            waiting.add(socket);
            socket.on("error", () => undefined);
            socket.on("close", () => waiting.delete(socket));
            socket.write(`process ${process.pid} (${process.argv.slice(1).join(" ")})`);
        });
        sockets.set(server, waiting);
        server.once("error", (error: NodeJS.ErrnoException) => {
            if (error.code === "EADDRINUSE") resolve(undefined);
            else reject(error);
        });
        server.listen(address, () => {
            server.unref();
            resolve(server);
        });
    });
}

/** Waits until the holder releases the lock; false if there was no holder. */
function heldUntilClosed(address: { path: string }, onGreeting: (text: string) => void): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(address);
        let connected = false;
        socket.on("connect", () => (connected = true));
        socket.on("data", (chunk) => {
            onGreeting(chunk.toString());
        });
        socket.on("error", () => undefined);
        socket.on("close", () => {
            resolve(connected);
        });
    });
}

function release(server: Server): Promise<void> {
    return new Promise((resolve) => {
        server.close(() => {
            resolve();
        });
        for (const socket of sockets.get(server) ?? []) socket.destroy();
    });
}
