/**
 * The house put together: configuration properties, every bean, the order of start and end, health, the demo, and what is
 * said when the start fails. Imports every room; no room imports it.
 */
@NullMarked
package io.ropewalk.config;

import org.jspecify.annotations.NullMarked;
