/** A UUID as PostgreSQL prints it; it refuses to compare one with anything else. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
