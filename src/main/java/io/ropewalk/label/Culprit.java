package io.ropewalk.label;

/**
 * A device that did not do what was hoped for.
 *
 * @param device its name
 * @param reason one clause for people that goes on from the device's name: "does not show the label"
 */
public record Culprit(String device, String reason) {
    @Override
    public String toString() {
        return device + " " + reason;
    }
}
