/**
 * The inventory's storage port on JDBC: H2 in the data folder by default, PostgreSQL where asked for. The schema is
 * Flyway's, in {@code db/migration}. Imports {@code inventory}.
 */
@NullMarked
package io.ropewalk.store;

import org.jspecify.annotations.NullMarked;
