/** prod's rendered objects, with an issuer whose key the tests have, and tokens of that issuer. */
import assert from "node:assert/strict";
import type { PathForms } from "../../../catalogue/model";
import { platform as catalogue } from "../../../catalogue/platform";
import type { Manifest } from "../../../components/base/manifest";
import { JWKS, token } from "../../support/envoy/edge";
import { config, withEdge, objectsOf } from "../../support/edge";

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const stack = withEdge({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] });

/**
 * The objects.
 *
 * @param forms path forms that every HTTP exposure opts in to
 */
export function rendered(forms?: PathForms): readonly Manifest[] {
    if (forms === undefined) return objectsOf({ config: stack });
    const services = Object.fromEntries(
        Object.entries(catalogue.services).map(([key, service]) => {
            const { exposures = [], ports } = service;
            const opted = exposures.map((one) =>
                ports[one.port]?.protocol === "http" ? { ...one, paths: forms } : one,
            );
            return [key, exposures.length === 0 ? service : { ...service, exposures: opted }];
        }),
    );
    return objectsOf({ config: stack, catalogue: { ...catalogue, services } });
}

/** A token of the issuer, for its first audience unless `payload` names another. */
export function tokenOf(payload: Record<string, unknown>): string {
    return token({ iss: name, aud: audiences[0], ...payload });
}
