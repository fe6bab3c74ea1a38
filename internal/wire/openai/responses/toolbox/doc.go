// Package toolbox puts the tools of the Responses API to a model as functions,
// and maps its calls back: functions as they are, custom tools, which take
// text, as functions of one argument, and the members of namespaces under
// names that are unique. Tools that only the vendor's service can run are left
// out.
//
// It knows no items and no events.
package toolbox
