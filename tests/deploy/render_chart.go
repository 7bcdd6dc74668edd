// What `helm template` does, as far as this project's chart needs it:
//
//	render_chart CHART NAMESPACE <VALUES
//
// Go's templates, sprig's functions and Helm's own (include, toYaml), with values
// of the chart under those given. Writes the objects as YAML.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type values = map[string]interface{}

type files string

func (folder files) Get(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(string(folder), name))
	return string(text), err
}

// Puts what is in `over` over `under`, maps into maps; null takes away.
func merged(under, over values) values {
	for key, value := range over {
		inner, both := value.(values)
		if known, ok := under[key].(values); ok && both {
			value = merged(known, inner)
		}
		under[key] = value
		if value == nil {
			delete(under, key)
		}
	}
	return under
}

func read(path string) (values, error) {
	text, err := os.ReadFile(path)
	read := values{}
	if err == nil {
		err = yaml.Unmarshal(text, &read)
	}
	return read, err
}

func run(folder, namespace string) error {
	chart, err := read(filepath.Join(folder, "Chart.yaml"))
	if err != nil {
		return err
	}
	known, err := read(filepath.Join(folder, "values.yaml"))
	if err != nil {
		return err
	}
	given, err := read("/dev/stdin")
	if err != nil {
		return err
	}
	all := template.New("").Option("missingkey=error")
	functions := sprig.TxtFuncMap()
	functions["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := all.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	functions["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	if _, err := all.Funcs(functions).ParseGlob(filepath.Join(folder, "templates", "*")); err != nil {
		return err
	}
	top := values{
		"Values":  merged(known, given),
		"Release": values{"Name": "annod", "Namespace": namespace},
		"Chart":   values{"Name": chart["name"], "Version": chart["version"], "AppVersion": chart["appVersion"]},
		"Files":   files(folder),
	}
	for _, one := range all.Templates() {
		if strings.HasSuffix(one.Name(), ".yaml") {
			fmt.Println("---")
			if err := one.Execute(os.Stdout, top); err != nil {
				return err
			}
			fmt.Println()
		}
	}
	return nil
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
