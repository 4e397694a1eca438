package io.ropewalk.inventory;

import java.util.List;

/**
 * What can be chosen of an export.
 *
 * @param readOnly whether clients may only read
 * @param allowedClients where clients may come from; empty for anywhere. At most {@value #MOST_CLIENTS}
 */
public record ExportSettings(boolean readOnly, List<ClientNetwork> allowedClients) {
    /** Everybody may read and write. */
    public static final ExportSettings DEFAULT = new ExportSettings(false, List.of());

    /** Most networks of one export. */
    public static final int MOST_CLIENTS = 100;

    /** Networks given twice count once. */
    public ExportSettings {
        allowedClients = allowedClients.stream().distinct().toList();
        if (allowedClients.size() > MOST_CLIENTS) {
            throw new IllegalArgumentException("allowedClients must name at most " + MOST_CLIENTS + " networks");
        }
    }

    /** Those of an export that was seen. */
    public static ExportSettings of(ExportView view) {
        return new ExportSettings(
                view.readOnly(),
                view.allowedClients().stream().map(ClientNetwork::parse).toList());
    }
}
