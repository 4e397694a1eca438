package io.ropewalk.label;

/**
 * Something at the end of a device that a label would overwrite or compete with (Q29).
 *
 * @param what its best name, a noun phrase: "a GPT backup header"
 */
public record ForeignData(String what) {}
