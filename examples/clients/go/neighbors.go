// Asks an annod by stubs made of the protos: TLS, a token, a deadline, repeats,
// several servers. make_stubs beside this file says how it is built.
//
//	neighbors -ca ca.crt -token_file token TARGET INDEX LABEL
//
// TARGET is a name with an address for each server
// ("dns:///annod.example:7077"), or a list ("10.0.0.1:7077,10.0.0.2:7077").
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	annod "annod.example/stubs/annod/v1"
)

// Calls go round the servers. One that a server could not take, or refused for
// having too much to do, is made again, after the time that it told
// (docs/load_balancing.md). grpc-go before 1.40 repeats only if GRPC_GO_RETRY=on
// is set.
const serviceConfig = `{
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "annod.v1.IndexService", "method": "GetNnsStream"}]
  }, {
    "name": [{"service": "annod.v1.IndexService"}],
    "retryPolicy": {
      "maxAttempts": 5,
      "initialBackoff": "0.02s",
      "maxBackoff": "0.5s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]
    }
  }],
  "retryThrottling": {"maxTokens": 1000, "tokenRatio": 0.5}
}`

// A token that goes along with every call, over TLS only.
type bearer string

func (token bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(token)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }

// A list of addresses as a target of gRPC: Go has no "ipv4:" of its own.
func listed(target string) (string, grpc.DialOption) {
	list := manual.NewBuilderWithScheme("list")
	var state resolver.State
	for _, address := range strings.Split(target, ",") {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: address})
	}
	list.InitialState(state)
	return "list:///annod", grpc.WithResolvers(list)
}

// A connection to keep: it holds one to each server and makes lost ones again.
func connect(target, ca, token, serverName string) (*grpc.ClientConn, error) {
	tls, err := credentials.NewClientTLSFromFile(ca, serverName)
	if err != nil {
		return nil, err
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(tls),
		grpc.WithPerRPCCredentials(bearer(token)),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second}),
	}
	if strings.Contains(target, ",") {
		var option grpc.DialOption
		target, option = listed(target)
		options = append(options, option)
	}
	return grpc.Dial(target, options...)
}

func ask(connection *grpc.ClientConn, index, label string) (*annod.GetNnsResponse, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return annod.NewIndexServiceClient(connection).GetNns(ctx, &annod.GetNnsRequest{
		Index:            index,
		Queries:          []*annod.Query{{Target: &annod.Query_Label{Label: label}}},
		N:                5,
		IncludeLabels:    true,
		IncludeDistances: true,
	})
}

func run() error {
	ca := flag.String("ca", "", "PEM file: who signed the server's certificate")
	tokenFile := flag.String("token_file", "", "file that holds the token")
	serverName := flag.String("server_name", "", "the name in the certificate, if TARGET is of addresses")
	flag.Parse()
	token, err := os.ReadFile(*tokenFile)
	if err != nil {
		return err
	}
	connection, err := connect(flag.Arg(0), *ca, strings.TrimSpace(string(token)), *serverName)
	if err != nil {
		return err
	}
	defer connection.Close()
	answer, err := ask(connection, flag.Arg(1), flag.Arg(2))
	if err != nil {
		return fmt.Errorf("%s: %s", status.Code(err), status.Convert(err).Message())
	}
	found := answer.Results[0]
	for i, label := range found.Labels {
		fmt.Printf("%s %.4f\n", label, found.Distances[i])
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
