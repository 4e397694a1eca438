package io.ropewalk.inventory;

/**
 * What came of asking for an export.
 *
 * @param created whether there was none of that name before
 */
public record ExportPut(ExportView export, boolean created) {}
