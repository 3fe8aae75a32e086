import type { ExternalGroup, ExternalHost } from "./model";

/** HTTPS on its default port, as most external services use it. */
function https(...hosts: string[]): ExternalHost[] {
    return hosts.map((host) => ({ host, port: 443, protocol: "https" }));
}

/** TLS origination at the egress gateway: callers send plain HTTP, so the mesh sees each request. */
function originated(...hosts: string[]): ExternalHost[] {
    return https(...hosts).map((host) => ({ ...host, tls: "originate" }));
}

/** The external services. Replace names that belong to SPARC, such as its Auth0 tenant, with yours. */
export const external = {
    aws: {
        summary: "Object storage for video, and the credentials for it.",
        hosts: https(
            "s3.us-east-1.amazonaws.com",
            "sparc-recordings.s3.us-east-1.amazonaws.com",
            "sts.us-east-1.amazonaws.com",
        ),
    },
    gcp: {
        summary: "Delivers reports to tenants on Google Cloud.",
        hosts: https("storage.googleapis.com", "bigquery.googleapis.com", "oauth2.googleapis.com"),
    },
    azure: {
        summary: "Delivers reports to tenants on Azure.",
        hosts: https("sparcreports.blob.core.windows.net", "login.microsoftonline.com"),
    },
    auth0: {
        summary: "Logs in the users of tenants without an identity provider.",
        hosts: https("sparc.us.auth0.com", "cdn.auth0.com"),
    },
    okta: {
        summary: "Logs in the users of tenants that use Okta.",
        hosts: https("sparc.okta.com"),
    },
    email: {
        summary: "Sends email, over SMTP when the API is down.",
        hosts: [...https("api.sendgrid.com"), { host: "smtp.sendgrid.net", port: 465, protocol: "tls" }],
    },
    sms: {
        summary: "Sends text messages.",
        hosts: originated("api.twilio.com", "rest.nexmo.com"),
        timeout: "5s",
    },
    push: {
        summary: "Sends push notifications to phones.",
        hosts: https("fcm.googleapis.com", "api.push.apple.com"),
    },
    ai: {
        summary: "Runs models that are too large for the cluster.",
        hosts: https("api.openai.com", "rekognition.us-east-1.amazonaws.com"),
    },
    apm: {
        summary: "Receives events for tenants' monitoring.",
        hosts: https("api.datadoghq.com", "trace.agent.datadoghq.com", "http-intake.logs.datadoghq.com"),
    },
    payment: {
        summary: "Charges cards and accounts.",
        hosts: https("api.stripe.com", "api-m.paypal.com"),
        // Payments: eject a failing host early, and never overload it.
        circuitBreaker: { maxConnections: 20, consecutive5xxErrors: 3, baseEjectionTime: "1m" },
        timeout: "5s",
        rateLimit: { requests: 600, per: "minute" },
    },
    cdn: {
        summary: "Caches video; receives purge requests.",
        hosts: originated("api.fastly.com", "cloudfront.amazonaws.com"),
    },
    backup: {
        summary: "Stores a second copy of the recordings, in another region and with another provider.",
        hosts: https("s3.us-west-2.amazonaws.com", "s3.us-west-004.backblazeb2.com"),
    },
} satisfies Record<string, ExternalGroup>;
