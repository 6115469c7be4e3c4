# The generic REST provider, set up for the offline tenant. The grants stand beside this in grants.tf.json, an object for each.

terraform {
  required_providers {
    restapi = {
      source = "Mastercard/restapi"
    }
  }
}

variable "endpoint" {
  type = string
}

variable "token" {
  type      = string
  sensitive = true
}

variable "retries" {
  type = number
}

provider "restapi" {
  uri                  = var.endpoint
  bearer_token         = var.token
  write_returns_object = true
  id_attribute         = "userId"

  retries {
    max_retries = var.retries
  }
}
