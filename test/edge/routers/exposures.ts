/** The sample's HTTP exposures, for an attacker: base paths, and the routes that each is allowed to reach. */
import type { GatewayKey } from "../../../components/base/names";

export interface ExposedHost {
    readonly label: string;
    readonly gateway: GatewayKey;
    readonly service: string;
    /** The service's target port. */
    readonly port: number;
    readonly method: "GET" | "POST";
    /** Whether the exposure requires a JWT: the application then gets the token's tenant in `x-tenant`. */
    readonly jwt: boolean;
    /** The application's routes that the exposure allows for this method. A request that reaches another one is a violation. */
    readonly routes: readonly string[];
    readonly bases: readonly string[];
}

export const EXPOSED: readonly ExposedHost[] = [
    {
        label: "api",
        gateway: "public",
        service: "api-gateway",
        port: 8080,
        method: "GET",
        jwt: true,
        routes: ["/v1/tenants/{tenant}", "/v1/events", "/v1/{**}"],
        bases: [
            "/v1/tenants/globex/secret",
            "/v1/tenants/globex",
            "/v1/tenants/acme/x/../../globex/secret",
            "/v1/x/tenants/globex/secret",
            "/v1/tenants/acme/devices",
            "/v1/devices/17",
            "/v1/x/../../internal/routes",
            "/internal/routes",
            "/v1/tenants/acme/../../../admin/users",
        ],
    },
    {
        label: "stream",
        gateway: "public",
        service: "video",
        port: 8080,
        method: "GET",
        jwt: true,
        routes: ["/hls/{tenant}"],
        bases: [
            "/hls/globex/s1/seg.ts",
            "/hls/globex",
            "/hls/acme/../globex/s1/seg.ts",
            "/hls/acme/s1/seg.ts",
            "/hls/acme/../../internal/cache/purge",
            "/v1/sessions/17",
            "/hls/acme/../../v1/sessions/17",
        ],
    },
    {
        label: "auth",
        gateway: "public",
        service: "auth",
        port: 8080,
        method: "GET",
        jwt: false,
        routes: ["/login", "/login/callback", "/.well-known/jwks.json"],
        bases: [
            "/login",
            "/login/callback",
            "/.well-known/jwks.json",
            "/internal/sessions",
            "/login/../internal/sessions",
            "/login/callback/../../internal/sessions",
            "/.well-known/../internal/sessions",
        ],
    },
    {
        label: "hooks",
        gateway: "public",
        service: "integrations",
        port: 8080,
        method: "POST",
        jwt: false,
        routes: ["/hooks/{*}"],
        bases: [
            "/hooks/stripe",
            "/hooks/x/../../internal/replays",
            "/hooks/../internal/replays",
            "/internal/replays",
            "/v1/integrations",
            "/hooks/../v1/integrations",
        ],
    },
    {
        label: "admin",
        gateway: "admin",
        service: "admin-console",
        port: 8080,
        method: "POST",
        jwt: true,
        routes: ["/admin/{**}"],
        bases: [
            "/admin/users/17",
            "/admin/../internal/reload",
            "/admin/x/../../internal/rollouts",
            "/internal/reload",
        ],
    },
    {
        label: "ws",
        gateway: "public",
        service: "realtime",
        port: 8090,
        method: "GET",
        jwt: true,
        routes: ["/v1/events"],
        bases: [
            "/v1/events",
            "/v1/events/../tenants/globex",
            "/v1/tenants/globex",
            "/v1/events/../../internal/stats",
            "/internal/stats",
        ],
    },
];
