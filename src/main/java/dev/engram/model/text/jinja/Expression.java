package dev.engram.model.text.jinja;

/** A part of a template that has a value: null (none), Boolean, Long, Double, String, List, Map, Undefined or an object. */
interface Expression {
    Object eval(Scope scope);
}
