// Access to what clouds guard, by the identity of a ServiceAccount or of this process.
export { CloudHttp } from './cloud-http.ts';
export { IdentityError } from './errors.ts';
export { GitHubApps } from './githubapp/apps.ts';
export type { GitHubAppData } from './githubapp/app.ts';
export { Identities, type AccountReference, type Accounts, type IssuedLogin } from './identities.ts';
export type { ClusterLogin, ClusterTarget, ServiceAccount } from './provider.ts';
export { cloudProviders, providerName, type Providers } from './providers.ts';
export { Freshness, TokenCache } from './token-cache.ts';
