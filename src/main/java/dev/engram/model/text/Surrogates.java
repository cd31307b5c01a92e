package dev.engram.model.text;

/** Java texts may hold half a surrogate pair, which has no UTF-8 form and which native code refuses. */
final class Surrogates {
    private Surrogates() {}

    /** The text with each lone half replaced by U+FFFD; the same object if there is none. */
    static String repaired(String text) {
        StringBuilder copy = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                if (copy == null) {
                    copy = new StringBuilder(text);
                }
                copy.setCharAt(i, '\uFFFD');
            }
        }
        return copy == null ? text : copy.toString();
    }
}
