package dev.engram.model.text.jinja;

/** An object of the interpreter that a template may look into. */
interface HasAttributes {
    /** The attribute's value; an {@link Undefined} if there is none of this name. */
    Object attribute(String name);
}
