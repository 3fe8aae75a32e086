/**
 * Headers by which a client could override a request's method, URL, host or source address, because web frameworks trust
 * them (CVE-2018-14773 in Symfony and Yii is one of many). The gateways remove each of them unless an exposure lists it.
 */
export const CLIENT_HEADERS = [
    // The method.
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    // The URL.
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-forwarded-path",
    "x-forwarded-prefix",
    "x-forwarded-uri",
    "x-script-name",
    // The host that the client addressed.
    "forwarded",
    "x-host",
    "x-original-host",
    "x-http-host-override",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-forwarded-protocol",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-scheme",
    "x-url-scheme",
    "front-end-https",
    // The client's address.
    "client-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "fastly-client-ip",
    "proxy-client-ip",
    "true-client-ip",
    "wl-proxy-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "x-forwarded-by",
    "x-forwarded-for",
    "x-originating-ip",
    "x-proxyuser-ip",
    "x-real-ip",
    "x-remote-addr",
    "x-remote-ip",
    // Other headers that programs behind a proxy assume the proxy has set.
    "baggage",
    "proxy",
    "x-middleware-subrequest",
    "x-wap-profile",
] as const;

export type ClientHeader = (typeof CLIENT_HEADERS)[number];
