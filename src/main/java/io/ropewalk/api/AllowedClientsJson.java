package io.ropewalk.api;

import io.ropewalk.inventory.ClientNetwork;
import io.ropewalk.inventory.ExportSettings;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The networks of an export, as texts in JSON. */
final class AllowedClientsJson {
    static final String MEMBER = "allowedClients";

    static final String DESCRIPTION = "Where clients may come from: addresses and networks as `192.0.2.7`,"
            + " `192.0.2.0/24` or `2001:db8::/32`, at most 100. Empty for anywhere. To others the export does not exist;"
            + " who comes by the Unix socket is of this machine, and always allowed.";

    private AllowedClientsJson() {}

    /** Every text that is no network is a violation of its own. */
    static ExportSettings settings(boolean readOnly, @Nullable List<? extends @Nullable String> texts) {
        List<ClientNetwork> networks = new ArrayList<>();
        List<Violation> violations = new ArrayList<>();
        for (int i = 0; texts != null && i < texts.size(); i++) {
            String text = texts.get(i);
            try {
                networks.add(ClientNetwork.parse(text == null ? "" : text));
            } catch (IllegalArgumentException e) {
                violations.add(new Violation(MEMBER + "[" + i + "]", String.valueOf(e.getMessage())));
            }
        }
        if (networks.size() > ExportSettings.MOST_CLIENTS) {
            violations.add(new Violation(MEMBER, "must not be more than " + ExportSettings.MOST_CLIENTS));
        }
        if (!violations.isEmpty()) {
            throw ProblemHandler.invalidBody(violations);
        }
        return new ExportSettings(readOnly, networks);
    }
}
