package io.ropewalk.config;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The machine or pod that we run on. */
final class Node {
    private static final String NAME = find();

    private Node() {}

    static String name() {
        return NAME;
    }

    private static String find() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
