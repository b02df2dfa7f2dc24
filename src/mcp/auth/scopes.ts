/** What a token must have: to call anything, to call tools that read logs or diagnose, to be an operator. */
export const scopes = { read: 'mcp:read', logs: 'mcp:logs', admin: 'mcp:admin' } as const;
