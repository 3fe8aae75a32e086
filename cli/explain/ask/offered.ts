import type { Catalogue, Port } from "../../../catalogue/model";
import { NAMESPACES } from "../../../components/base/names";
import type { Callee, ServicePort } from "../evaluate/model";

/** A request that a port offers: a pattern, and one request that it stands for. */
export interface Offered {
    readonly method: string;
    readonly path: string;
    readonly pattern: string;
}

/** The catalogue's port behind a Service's, if it has one. */
export function cataloguePort(catalogue: Catalogue, callee: Callee, port: ServicePort): Port | undefined {
    const { name, namespace } = callee.workload;
    const parties = namespace === NAMESPACES.stores ? catalogue.stores : catalogue.services;
    const own = Object.hasOwn(parties, name) ? parties[name]?.ports : undefined;
    return Object.values(own ?? {}).find(({ number }) => number === port.number);
}

/** What the catalogue says that a port offers; nothing of a port that it does not know. */
export function offeredBy(catalogue: Catalogue, callee: Callee, port: ServicePort): Offered[] {
    const own = cataloguePort(catalogue, callee, port);
    switch (own?.protocol) {
        case "http":
            return own.requests.map((request) => {
                const [method = "", pattern = ""] = request.split(" ");
                return { method, pattern, path: pattern.replaceAll(/\{\*\*?\}/g, "x") };
            });
        case "grpc":
            return own.methods.map((method) => {
                const path = `/${own.service}/${method}`;
                return { method: "POST", path, pattern: path };
            });
        case "ws":
            return [{ method: "GET", path: own.path, pattern: own.path }];
        case "tcp":
        case undefined:
            return [];
    }
}
