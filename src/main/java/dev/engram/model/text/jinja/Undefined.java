package dev.engram.model.text.jinja;

/**
 * A value that is not there. It prints as nothing, counts as false and empty, and anything else done with it is a fault.
 *
 * @param reason what is missing, for that fault
 */
record Undefined(String reason) {
    static Undefined name(String name) {
        return new Undefined("'" + name + "' is undefined");
    }

    TemplateException fault() {
        return new TemplateException(reason);
    }
}
